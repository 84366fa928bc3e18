import Foundation
import Synchronization

/// Reads all that comes out of a pipe, on a thread of its own.
final class Collector: Sendable {
    private let bytes = Mutex(Data())
    private let end = DispatchGroup()

    /// Takes the reading end of a pipe over.
    init(reading descriptor: Int32) {
        end.enter()
        Thread.detachNewThread { [self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                bytes.withLock { $0.append(contentsOf: buffer[..<count]) }
            }
            close(descriptor)
            end.leave()
        }
    }

    /// What has come until now.
    var data: Data { bytes.withLock { $0 } }
    var text: String { String(decoding: data, as: UTF8.self) }

    /// Waits until every process that could write has closed its end; false if one holds on to it.
    func isOver(within seconds: Double) -> Bool { end.isLeft(within: seconds) }
}
