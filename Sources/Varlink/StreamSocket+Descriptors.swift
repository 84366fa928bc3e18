import Glibc

/// Descriptors travel beside the first byte of a message, as SCM_RIGHTS (unix(7)), in the way of systemd's sd-varlink.
extension StreamSocket {
    /// What a header and its padding take beside descriptors.
    private static let headerBytes = MemoryLayout<cmsghdr>.size

    /// Bytes of control data for `count` descriptors, padded to whole words.
    private static func controlBytes(_ count: Int) -> Int {
        let word = MemoryLayout<Int>.size
        return headerBytes + (count * MemoryLayout<Int32>.size + word - 1) / word * word
    }

    /// Sends what there is room for of `bytes`, without waiting, and `descriptors` with the first of them.
    ///
    /// Returns how many bytes were sent: 0 where there is no room now. A peer that went away is EPIPE, never a signal.
    package func sendNow(_ bytes: ArraySlice<UInt8>, descriptors: [Int32] = []) throws(SocketError) -> Int {
        var control = [UInt8](repeating: 0, count: descriptors.isEmpty ? 0 : Self.controlBytes(descriptors.count))
        if !descriptors.isEmpty {
            control.withUnsafeMutableBytes { room in
                var header = cmsghdr()
                header.cmsg_len = Self.headerBytes + descriptors.count * MemoryLayout<Int32>.size
                header.cmsg_level = SOL_SOCKET
                header.cmsg_type = Int32(SCM_RIGHTS)
                room.storeBytes(of: header, as: cmsghdr.self)
                let rest = UnsafeMutableRawBufferPointer(rebasing: room[Self.headerBytes...])
                descriptors.withUnsafeBytes { rest.copyMemory(from: $0) }
            }
        }
        do throws(SocketError) {
            return try retrying {
                bytes.withUnsafeBytes { text in
                    control.withUnsafeMutableBytes { control in
                        var part = iovec(
                            iov_base: UnsafeMutableRawPointer(mutating: text.baseAddress), iov_len: text.count)
                        return withUnsafeMutablePointer(to: &part) { part in
                            var message = msghdr()
                            message.msg_iov = part
                            message.msg_iovlen = 1
                            message.msg_control = control.isEmpty ? nil : control.baseAddress
                            message.msg_controllen = control.count
                            return sendmsg(descriptor, &message, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                        }
                    }
                }
            }
        } catch {
            guard error.errno == EAGAIN else { throw error }
            return 0
        }
    }

    /// What came at once.
    package struct Arrival {
        /// At the start of the buffer; 0 at the end of the stream, nil where nothing has come yet.
        package var bytes: Int?
        /// Those that came with the last of the bytes, closed on exec. The caller's to close.
        package var descriptors: [Int32] = []
        /// Whether more came than there was room for; the kernel has closed them.
        package var isCut = false
    }

    /// Takes what has come, and at most `limit` descriptors. Those beyond are closed by the kernel.
    ///
    /// - Parameter waits: whether to wait where nothing has come.
    package func receive(
        into buffer: inout [UInt8], descriptors limit: Int, waits: Bool = false
    ) throws(SocketError) -> Arrival {
        var control = [UInt8](repeating: 0, count: limit > 0 ? Self.controlBytes(limit) : 0)
        var arrival = Arrival()
        var size = 0
        do throws(SocketError) {
            arrival.bytes = try retrying {
                buffer.withUnsafeMutableBytes { room in
                    control.withUnsafeMutableBytes { control in
                        var part = iovec(iov_base: room.baseAddress, iov_len: room.count)
                        return withUnsafeMutablePointer(to: &part) { part in
                            var message = msghdr()
                            message.msg_iov = part
                            message.msg_iovlen = 1
                            message.msg_control = control.isEmpty ? nil : control.baseAddress
                            message.msg_controllen = control.count
                            let flags = Int32(MSG_CMSG_CLOEXEC) | (waits ? 0 : Int32(MSG_DONTWAIT))
                            let count = recvmsg(descriptor, &message, flags)
                            size = message.msg_controllen
                            arrival.isCut = message.msg_flags & Int32(MSG_CTRUNC) != 0
                            return count
                        }
                    }
                }
            }
        } catch {
            guard error.errno == EAGAIN else { throw error }
            return Arrival()
        }
        arrival.descriptors = Self.descriptors(in: control[..<min(size, control.count)])
        return arrival
    }

    /// The descriptors that control data brings, of which a kernel writes one header or none.
    private static func descriptors(in control: ArraySlice<UInt8>) -> [Int32] {
        control.withUnsafeBytes { room in
            guard room.count >= headerBytes else { return [] }
            let header = room.loadUnaligned(as: cmsghdr.self)
            guard header.cmsg_level == SOL_SOCKET, header.cmsg_type == Int32(SCM_RIGHTS) else { return [] }
            let bytes = min(header.cmsg_len, room.count) - headerBytes
            return stride(from: headerBytes, to: headerBytes + max(bytes, 0), by: MemoryLayout<Int32>.size).map {
                room.loadUnaligned(fromByteOffset: $0, as: Int32.self)
            }
        }
    }
}
