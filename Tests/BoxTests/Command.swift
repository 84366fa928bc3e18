import Foundation
import Synchronization
import Testing

/// A program that has been started, and all that it writes.
final class Command: Sendable {
    struct Outcome {
        /// Its exit status, or 128 and the signal that ended it.
        let status: Int32
        let output: String
        let errors: String
    }

    /// What comes out of a pipe, read on a thread of its own.
    final class Stream: Sendable {
        private let data = Mutex(Data())
        private let end = DispatchGroup()
        private let lineEnd = DispatchSemaphore(value: 0)

        init(_ handle: FileHandle) {
            let descriptor = dup(handle.fileDescriptor)
            end.enter()
            Thread.detachNewThread { [self] in
                var block = [UInt8](repeating: 0, count: 1 << 16)
                while true {
                    let count = read(descriptor, &block, block.count)
                    if count < 0, errno == EINTR { continue }
                    guard count > 0 else { break }
                    data.withLock { $0.append(contentsOf: block[..<count]) }
                    if block[..<count].contains(UInt8(ascii: "\n")) { lineEnd.signal() }
                }
                close(descriptor)
                lineEnd.signal()
                end.leave()
            }
        }

        var text: String { data.withLock { String(decoding: $0, as: UTF8.self) } }

        /// Waits for the end; false if it doesn't come.
        func isOver() -> Bool { end.wait(timeout: .now() + 120) == .success }

        /// Waits for the first line; nil where there is none.
        func line() -> String? {
            guard lineEnd.wait(timeout: .now() + 120) == .success else { return nil }
            return text.split(separator: "\n").first.map(String.init)
        }
    }

    let errors: Stream
    private let output: Stream
    private let process: Mutex<Process>
    private let ended = DispatchGroup()

    /// - Parameter isHeld: whether its standard input stays open for as long as this process lives; else it is empty.
    init(_ path: String, _ arguments: [String], isHeld: Bool = false) throws {
        let (output, errors) = (Pipe(), Pipe())
        let process = Process()
        process.executableURL = URL(filePath: path)
        process.arguments = arguments
        process.standardOutput = output
        process.standardError = errors
        if isHeld { process.standardInput = Pipe() } else { process.standardInput = FileHandle.nullDevice }
        let ended = self.ended
        ended.enter()
        process.terminationHandler = { _ in ended.leave() }
        self.output = Stream(output.fileHandleForReading)
        self.errors = Stream(errors.fileHandleForReading)
        do {
            try process.run()
        } catch {
            ended.leave()
            throw error
        }
        self.process = Mutex(process)
    }

    /// The first line that it writes.
    func line() -> String? { output.line() }

    /// Waits for its end.
    func outcome() throws -> Outcome {
        try #require(ended.wait(timeout: .now() + 120) == .success, "it did not end: \(errors.text)")
        try #require(output.isOver() && errors.isOver(), "its pipes are held")
        let status = process.withLock { process in
            process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
        }
        return Outcome(status: status, output: output.text, errors: errors.text)
    }
}

/// Looks until something is so. False if it is not within the time, which is far more than it can need.
func eventually(within limit: Duration = .seconds(30), _ isSo: () throws -> Bool) rethrows -> Bool {
    let deadline = ContinuousClock.now + limit
    while true {
        if try isSo() { return true }
        if ContinuousClock.now >= deadline { return false }
        usleep(20_000)
    }
}
