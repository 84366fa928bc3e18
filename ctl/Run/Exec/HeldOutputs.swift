import Glibc
import Linux

/// What commands have written and may not be printed yet: each command's comes whole, and in their order if that is asked for.
///
/// A few MiB are kept in memory, all else in a file that has no name.
final class HeldOutputs {
    /// A piece of what a command has written.
    struct Part {
        let job: ExecJob
        let slot: Int
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var isLast = false
    }

    private enum Place {
        case memory(Part)
        /// Where the bytes of both stand in the file.
        case file(Part, at: off_t, output: Int, errors: Int)
    }

    private let inOrder: Bool
    private var parts: [Int: [Place]] = [:]
    /// Those that wait, in the order in which their first part came.
    private var order: [Int] = []
    /// The command whose parts are printed now; nil where any may be next.
    private var current: Int?
    private var next = 0
    private var isBegun = false
    private var memoryBytes = 0
    private var file: Descriptor?
    private var fileBytes: off_t = 0

    private static let memoryLimit = 4 << 20
    /// How many commands may be ahead of the one that is printed.
    private static let limit = 1 << 16

    init(inOrder: Bool) {
        self.inOrder = inOrder
        if inOrder { current = 0 }
    }

    /// Whether a command may begin. Where too many wait already, only one may that has a place: they may wait for that one.
    func admits(at place: Int?) -> Bool { place != nil || parts.count < Self.limit }

    /// Takes a part of what the command at `index` has written, the commands counted as they were begun, and hands out what may be
    /// printed.
    func take(_ part: Part, at index: Int, _ print: (Part, _ isFirst: Bool) throws -> Void) throws {
        guard current == nil || current == index else { return try hold(part, at: index) }
        try show(part, at: index, print)
        // Whatever waits for this one's end.
        while let (index, place) = nextHeld() { try show(try restored(place), at: index, print) }
        if parts.isEmpty, fileBytes > 0, let raw = file?.raw {
            ftruncate(raw, 0)
            fileBytes = 0
        }
    }

    /// Hands out what still waits for a command that won't be begun any more, in order.
    func end(_ print: (Part, _ isFirst: Bool) throws -> Void) throws {
        for index in parts.keys.sorted() {
            for place in parts.removeValue(forKey: index) ?? [] { try show(try restored(place), at: index, print) }
        }
    }

    private func show(_ part: Part, at index: Int, _ print: (Part, Bool) throws -> Void) throws {
        let isFirst = !isBegun
        isBegun = !part.isLast
        current = part.isLast ? (inOrder ? index + 1 : nil) : index
        try print(part, isFirst)
    }

    /// The next part that waits and may be printed.
    private func nextHeld() -> (Int, Place)? {
        let index: Int
        if let current {
            guard parts[current] != nil else { return nil }
            index = current
        } else {
            guard let first = order.first else { return nil }
            index = first
        }
        guard var list = parts[index], !list.isEmpty else { return nil }
        let place = list.removeFirst()
        if list.isEmpty {
            parts[index] = nil
            if !inOrder { order.removeAll { $0 == index } }
        } else {
            parts[index] = list
        }
        return (index, place)
    }

    private func hold(_ part: Part, at index: Int) throws(CommandError) {
        if parts[index] == nil, !inOrder { order.append(index) }
        let bytes = part.output.count + part.errors.count
        guard memoryBytes + bytes > Self.memoryLimit, bytes > 0 else {
            memoryBytes += bytes
            parts[index, default: []].append(.memory(part))
            return
        }
        do throws(SystemError) {
            if file == nil { file = try Self.nameless() }
            guard let raw = file?.raw else { return }
            let place = fileBytes
            try system("lseek") { lseek(raw, place, SEEK_SET) }
            try writeAll(raw, part.output + part.errors)
            fileBytes += off_t(bytes)
            var empty = part
            empty.output = []
            empty.errors = []
            parts[index, default: []].append(
                .file(empty, at: place, output: part.output.count, errors: part.errors.count))
        } catch {
            throw .exporting(path: "a file for outputs that wait", errno: error.errno.rawValue)
        }
    }

    private static func nameless() throws(SystemError) -> Descriptor {
        let folder = Environment.value("TMPDIR") ?? "/tmp"
        var name = Array("\(folder)/parctl-XXXXXX".utf8CString)
        let raw = try system("mkstemp", on: folder) { mkstemp(&name) }
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        unlink(name)
        return Descriptor(owning: raw)
    }

    private func restored(_ place: Place) throws(CommandError) -> Part {
        switch place {
        case .memory(let part):
            memoryBytes -= part.output.count + part.errors.count
            return part
        case .file(var part, let offset, let output, let errors):
            var bytes = [UInt8](repeating: 0, count: output + errors)
            let raw = file?.raw ?? -1
            var count = 0
            while count < bytes.count {
                let more = bytes.withUnsafeMutableBytes { buffer in
                    pread(raw, buffer.baseAddress.map { $0 + count }, buffer.count - count, offset + off_t(count))
                }
                guard more > 0 else {
                    throw .exporting(path: "a file for outputs that wait", errno: more < 0 ? errno : EIO)
                }
                count += more
            }
            part.output = Array(bytes[..<output])
            part.errors = Array(bytes[output...])
            return part
        }
    }
}
