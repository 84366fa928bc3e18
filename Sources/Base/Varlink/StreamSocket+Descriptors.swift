import CLinux
import Glibc

/// Descriptors travel beside the first byte of a message, as SCM_RIGHTS (unix(7)), in the way of systemd's sd-varlink.
extension StreamSocket {
    /// Sends what there is room for of `bytes`, without waiting, and `descriptors` with the first of them.
    ///
    /// Returns how many bytes were sent: 0 where there is no room now. A peer that went away is EPIPE, never a signal.
    package func sendNow(_ bytes: ArraySlice<UInt8>, descriptors: [Int32] = []) throws(SocketError) -> Int {
        let sent = bytes.withUnsafeBytes {
            par_send(descriptor, $0.baseAddress, $0.count, descriptors, Int32(descriptors.count))
        }
        if sent >= 0 { return Int(sent) }
        if sent == -Int64(EAGAIN) { return 0 }
        throw SocketError(errno: Int32(-sent))
    }

    /// What came at once.
    package struct Arrival {
        /// At the start of the buffer; 0 at the end of the stream, nil where nothing has come yet.
        package var bytes: Int?
        /// Those that came with the last of the bytes, closed on exec. The caller's to close.
        package var descriptors: [Int32] = []
        /// Whether more came than were asked for; they have been closed.
        package var isCut = false
    }

    /// Takes what has come, and at most `limit` descriptors. Those beyond are closed.
    ///
    /// - Parameter waits: whether to wait where nothing has come.
    package func receive(
        into buffer: inout [UInt8], descriptors limit: Int, waits: Bool = false
    ) throws(SocketError) -> Arrival {
        var numbers = [Int32](repeating: -1, count: Int(PAR_DESCRIPTORS))
        var count: Int32 = 0
        let received = buffer.withUnsafeMutableBytes {
            par_receive(descriptor, $0.baseAddress, $0.count, &numbers, &count, waits ? 1 : 0)
        }
        if received == -Int64(EAGAIN) { return Arrival() }
        guard received >= 0 else { throw SocketError(errno: Int32(-received)) }
        let came = numbers.prefix(Int(count))
        for number in came.dropFirst(limit) { close(number) }
        return Arrival(bytes: Int(received), descriptors: Array(came.prefix(limit)), isCut: came.count > limit)
    }
}
