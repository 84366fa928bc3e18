import Glibc
import Ledger
import Linux

/// What workers of interpreters write as they crash: a memory file in which each process has its place, by its number.
///
/// A worker writes in the handler of the signal that ends it, where nothing but write(2) will do.
final class CrashTexts {
    private let file: Descriptor
    private static let roomBytes = ZygoteProtocol.crashBytes

    init() throws(SystemError) {
        file = try Descriptor.memoryFile(named: "par-crashes")
    }

    /// What workers are given.
    var descriptor: Int32 { file.raw }

    /// Where a process was that has ended, if it has written that, and room for the next one of its number.
    func take(of pid: Int32) -> String? {
        let offset = Int(pid) * Self.roomBytes
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.roomBytes) { room, count in
            count = max(0, pread(file.raw, room.baseAddress, room.count, offset))
        }
        let text = bytes.prefix { $0 != 0 }
        if text.isEmpty { return nil }
        // Where that fails, a later process of this number has this text before its own.
        try? file.release(offset..<(offset + Self.roomBytes))
        return Self.frames(of: String(decoding: text, as: UTF8.self))
    }

    /// The part of such a text that says where the task was, the innermost function first. What called the task is left out.
    static func frames(of text: String) -> String? {
        let lines = text.split(separator: "\n")
        guard let first = lines.firstIndex(where: { $0.hasPrefix(frameStart) }) else { return nil }
        var frames = lines[first...].prefix { $0.hasPrefix("  ") }
        while let last = frames.last, callers.contains(where: last.hasPrefix) { frames.removeLast() }
        if frames.isEmpty { return nil }
        return "Traceback (most recent call first):\n" + frames.joined(separator: "\n")
    }

    private static let frameStart = "  File \""
    /// The files of the bootstrap, as frames name them.
    private static let callers = ["  File \"parpython\"", "  File \"parcalls\"", "  File \"<string>\""]
}
