import Bytes
import Glibc
import Linux

/// Cuts what it reads into parts of whole records (`--pipe`), and keeps no more than one part and what follows it.
final class PipeReader {
    /// What comes next.
    enum Next: Equatable {
        case part([UInt8])
        case later
        case end
    }

    private let file: OpenInput
    private let name: String
    private let options: PipeOptions
    private var buffer: [UInt8] = []
    private var hasEnded = false
    /// Where the next part ends.
    private var search: PartSearch
    /// Bytes of it that have been looked at for empty lines.
    private var seen = 0
    /// The lines that stand before the first record (`--header`), which each part begins with, or the first one of each command
    /// where that is given several; nil until they are read.
    private(set) var heading: [UInt8]?

    private static let readBytes = 1 << 16
    /// The longest record.
    private static let longest = 1 << 30

    init(_ path: String, _ options: PipeOptions) throws(CommandError) {
        self.options = options
        search = PartSearch(options)
        file = try OpenInput(path)
        name = file.name
    }

    var awaited: Int32 { file.descriptor }

    func next() throws(CommandError) -> Next {
        while true {
            if heading == nil { findHeading() }
            if let heading, let count = search.end(in: buffer, isLast: hasEnded) {
                let part = Self.trimmed(Array(buffer[..<count]), options)
                drop(count)
                return .part(options.way == .turns ? part : heading + part)
            }
            if hasEnded { return .end }
            guard buffer.count < Self.longest else {
                throw .input(path: name, reason: "a record is longer than \(Self.longest >> 20) MiB")
            }
            var state = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&state, 1, 0) != 0 else { return .later }
            try fill()
        }
    }

    private func findHeading() {
        var end = 0
        for _ in 0..<options.headingLines {
            guard let place = buffer[end...].firstIndex(of: UInt8(ascii: "\n")) else {
                // Where there are no more, what there is are records.
                if hasEnded { heading = [] }
                return
            }
            end = place + 1
        }
        heading = Array(buffer[..<end])
        drop(end)
    }

    private func drop(_ count: Int) {
        buffer.removeFirst(count)
        seen = max(seen - count, 0)
        search = PartSearch(options)
    }

    /// Takes lines with nothing in them away, as far as lines are whole.
    private func dropEmpty() {
        guard options.dropsEmpty,
            let end = hasEnded ? buffer.count : buffer.lastIndex(of: UInt8(ascii: "\n")).map({ $0 + 1 }),
            end > seen
        else { return }
        var lines: [UInt8] = []
        var rest = buffer[seen..<end]
        while !rest.isEmpty {
            let line = rest.prefix { $0 != UInt8(ascii: "\n") }
            let isEnded = line.endIndex < rest.endIndex
            let isEmpty = line.allSatisfy { $0 == 0x20 || (9...13).contains($0) }
            rest = rest[line.endIndex...].dropFirst()
            if isEmpty && isEnded { continue }
            lines += line
            if isEnded { lines.append(UInt8(ascii: "\n")) }
        }
        if lines.count < end - seen {
            buffer.replaceSubrange(seen..<end, with: lines)
            search = PartSearch(options)
        }
        seen += lines.count
    }

    private func fill() throws(CommandError) {
        // No more than a part has, so that a slow reader is not read ahead of.
        let wanted = max(min(options.blockBytes - buffer.count, 1 << 20), Self.readBytes)
        let descriptor = file.descriptor
        do throws(SystemError) {
            let more = try [UInt8](unsafeUninitializedCapacity: wanted) { (bytes, count) throws(SystemError) in
                count = try system("read") { read(descriptor, bytes.baseAddress, wanted) }
            }
            buffer += more
            if more.isEmpty { hasEnded = true }
            dropEmpty()
        } catch {
            throw .input(path: name, reason: SystemFault.text(error.errno.rawValue))
        }
    }

    /// A part without what ends and begins its records, where that is wanted.
    private static func trimmed(_ part: [UInt8], _ options: PipeOptions) -> [UInt8] {
        guard options.dropsSeparators else { return part }
        var trimmed: [UInt8] = []
        var rest = part[...]
        let separators = [options.end, options.start].filter { !$0.isEmpty }
        while let byte = rest.first {
            if let separator = separators.first(where: { rest.starts(with: $0) }) {
                rest = rest.dropFirst(separator.count)
            } else {
                trimmed.append(byte)
                rest.removeFirst()
            }
        }
        return trimmed
    }
}
