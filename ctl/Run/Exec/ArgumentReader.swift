import Bytes
import Glibc
import Linux

/// Reads the arguments of a file one by one, and keeps a block of it and one argument at a time.
final class ArgumentReader {
    private let file: OpenInput
    private let name: String
    private let options: ExecOptions
    private var buffer: [UInt8] = []
    private var place = 0
    private var hasEnded = false
    private var isFirst = true
    private var number = 0
    /// Lines that go on in the next one (`-L`).
    private var begun: [UInt8] = []

    private static let blockBytes = 1 << 16
    /// The longest argument that the kernel hands to a program (MAX_ARG_STRLEN), without the NUL at its end.
    static let longestArgument = (1 << 17) - 1
    /// The byte order mark.
    static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// Opens the file at `path`; standard input where that is `-`.
    init(_ path: String, _ options: ExecOptions) throws(CommandError) {
        self.options = options
        file = try OpenInput(path)
        name = file.name
    }

    /// The descriptor to wait for, where the next argument has not come.
    var awaited: Int32 { file.descriptor }

    /// The next argument.
    ///
    /// - Parameter waits: whether to wait for one that has not come.
    func next(waits: Bool) throws(CommandError) -> Combinations.Next {
        while true {
            guard var line = try line(waits: waits) else {
                guard hasEnded, !begun.isEmpty else { return hasEnded ? .end : .later }
                defer { begun = [] }
                return .argument(begun)
            }
            if options.linesEach {
                line = begun + line
                begun = []
                if line.last == 0x20 || line.last == 0x09 {
                    begun = line
                    continue
                }
            }
            if options.eof == line { hasEnded = true; buffer = []; return .end }
            if options.dropsEmpty, line.allSatisfy({ $0 == 0x20 || (9...13).contains($0) }) { continue }
            return .argument(line)
        }
    }

    /// Takes arguments that have been read already, as far as each is a line of its own and nothing more.
    ///
    /// - Parameter most: how many `list` has at most in the end.
    /// - Returns: whether there was one; ``next(waits:)`` sees to whatever else comes next.
    func take(into list: inout WordList, atMost most: Int) -> Bool {
        guard options.end.count == 1, !options.linesEach, !options.dropsEmpty, options.eof == nil else { return false }
        var ends: [Int] = []
        let taken = buffer.withUnsafeBytes { buffer in
            let rest = UnsafeRawBufferPointer(rebasing: buffer[place...])
            guard let base = rest.baseAddress else { return 0 }
            var start = 0
            while list.count + ends.count < most,
                let found = memchr(base + start, Int32(options.end[0]), rest.count - start)
            {
                let end = UnsafeRawPointer(found) - base
                if end - start > Self.longestArgument { break }
                ends.append(end)
                start = end + 1
            }
            let lines = UnsafeRawBufferPointer(rebasing: rest[..<start])
            if options.end[0] != 0, start > 0, memchr(base, 0, start) != nil { return 0 }
            list.append(lines, ends: ends)
            return start
        }
        if taken == 0 { return false }
        place += taken
        number += ends.count
        return true
    }

    private func line(waits: Bool) throws(CommandError) -> [UInt8]? {
        while true {
            if let end = nextEnd() {
                defer { place = end + options.end.count }
                return try checked(buffer[place..<end])
            }
            if hasEnded {
                guard place < buffer.count else { return nil }
                defer { place = buffer.count }
                return try checked(buffer[place...])
            }
            guard buffer.count - place <= Self.longestArgument + options.end.count else {
                number += 1
                throw tooLong
            }
            guard waits || isReady else { return nil }
            try fill()
        }
    }

    private func nextEnd() -> Int? {
        let end = options.end[0]
        let length = options.end.count
        return buffer.withUnsafeBytes { bytes -> Int? in
            var from = place
            while from < bytes.count, let base = bytes.baseAddress,
                let found = memchr(base + from, Int32(end), bytes.count - from)
            {
                let index = UnsafeRawPointer(found) - base
                if length == 1 { return index }
                guard index + length <= bytes.count else { return nil }
                if bytes[index..<(index + length)].elementsEqual(options.end) { return index }
                from = index + 1
            }
            return nil
        }
    }

    private var isReady: Bool {
        var state = pollfd(fd: file.descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&state, 1, 0) != 0
    }

    private func fill() throws(CommandError) {
        buffer.removeFirst(place)
        place = 0
        let count = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.blockBytes))
        let descriptor = file.descriptor
        do throws(SystemError) {
            let more = try system("read") {
                buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + count }, Self.blockBytes) }
            }
            buffer.removeLast(Self.blockBytes - more)
            if more == 0 { hasEnded = true }
        } catch {
            buffer.removeLast(Self.blockBytes)
            throw .input(path: name, reason: SystemFault.text(error.errno.rawValue))
        }
        // What some programs begin a text with is no part of its first line.
        if isFirst {
            if buffer.starts(with: Self.mark) { place = Self.mark.count }
            isFirst = !hasEnded && buffer.count < Self.mark.count && Self.mark.starts(with: buffer)
        }
    }

    private func checked(_ line: ArraySlice<UInt8>) throws(CommandError) -> [UInt8] {
        number += 1
        guard line.count <= Self.longestArgument else { throw tooLong }
        let hasNUL = line.withUnsafeBytes { bytes in
            bytes.baseAddress.map { memchr($0, 0, bytes.count) != nil } ?? false
        }
        guard !hasNUL else {
            throw .input(path: name, reason: "argument \(number) has a NUL in it: use -0")
        }
        return Array(line)
    }

    private var tooLong: CommandError {
        .input(
            path: name,
            reason: "argument \(number) is longer than \(Self.longestArgument) bytes, the most that one may have")
    }
}
