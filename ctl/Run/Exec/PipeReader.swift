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
        file = try OpenInput(path)
        name = file.name
    }

    var awaited: Int32 { file.descriptor }

    func next() throws(CommandError) -> Next {
        while true {
            if heading == nil { findHeading() }
            if let heading, let count = Self.cut(buffer, options, isLast: hasEnded), count > 0 {
                let part = Self.trimmed(Array(buffer[..<count]), options)
                buffer.removeFirst(count)
                seen = max(seen - count, 0)
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
        buffer.removeFirst(end)
        seen = max(seen - end, 0)
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
        buffer.replaceSubrange(seen..<end, with: lines)
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

    /// How many of the bytes make the next part; nil where more have to come.
    ///
    /// A part is as many whole records as go into a block, or so many records; a record that is longer than a block is a part.
    static func cut(_ bytes: [UInt8], _ options: PipeOptions, isLast: Bool) -> Int? {
        if bytes.isEmpty { return nil }
        if let lines = options.lines, options.records == nil {
            return cut(bytes, options, lines: lines, isLast: isLast)
        }
        if let records = options.records, records > 0 {
            var place = 0
            for _ in 0..<(records * (options.lines ?? 1)) {
                guard let end = boundary(bytes, options, from: place + 1) else { return isLast ? bytes.count : nil }
                place = end
            }
            return place
        }
        guard bytes.count >= options.blockBytes || isLast else { return nil }
        if bytes.count <= options.blockBytes, isLast { return bytes.count }
        if let end = lastBoundary(bytes, options, atMost: options.blockBytes) { return end }
        return boundary(bytes, options, from: options.blockBytes) ?? (isLast ? bytes.count : nil)
    }

    /// As many whole records of so many lines as go into a block, or one; what is left in the end is a part of its own.
    private static func cut(_ bytes: [UInt8], _ options: PipeOptions, lines: Int, isLast: Bool) -> Int? {
        guard bytes.count >= options.blockBytes || isLast else { return nil }
        var count = 0
        var end: Int?
        for (place, byte) in bytes.enumerated() where byte == UInt8(ascii: "\n") {
            if place >= options.blockBytes, end != nil { break }
            count += 1
            if count % lines == 0 { end = place + 1 }
        }
        return end ?? (isLast ? bytes.count : nil)
    }

    /// The first place from `from` on at which a record ends and another one begins, or the last one ends.
    private static func boundary(_ bytes: [UInt8], _ options: PipeOptions, from: Int) -> Int? {
        guard from <= bytes.count else { return nil }
        for place in from...bytes.count where isBoundary(bytes, options, place) { return place }
        return nil
    }

    private static func lastBoundary(_ bytes: [UInt8], _ options: PipeOptions, atMost: Int) -> Int? {
        var place = min(atMost, bytes.count)
        while place > 0 {
            if isBoundary(bytes, options, place) { return place }
            place -= 1
        }
        return nil
    }

    private static func isBoundary(_ bytes: [UInt8], _ options: PipeOptions, _ place: Int) -> Bool {
        let (end, start) = (options.end, options.start)
        guard place >= end.count, place > 0 else { return false }
        // Single bytes first: they are most.
        if let last = end.last, bytes[place - 1] != last { return false }
        guard end.count <= 1 || bytes[(place - end.count)..<place].elementsEqual(end) else { return false }
        guard !start.isEmpty else { return true }
        return place + start.count <= bytes.count && bytes[place..<(place + start.count)].elementsEqual(start)
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
