import Bytes
import Glibc
import Linux

/// Reads a file line by line, and keeps one line of it at a time.
struct LineReader: ~Copyable {
    private let input: OpenInput

    private static let blockBytes = 1 << 16

    /// Opens the file at `path`; standard input where that is `-`.
    init(_ path: String, named name: String) throws(CommandError) {
        input = try OpenInput(path, named: name)
    }

    /// Reads what is open already, and stays open.
    init(_ descriptor: Int32, named name: String) {
        input = OpenInput(descriptor, named: name)
    }

    /// Hands out each line without its `end`, which the last one may lack.
    ///
    /// - Parameters:
    ///   - longest: bytes of the longest line that is kept.
    ///   - thing: what a line is called to people.
    func read(
        end: UInt8, longest: Int, thing: String, _ take: (ArraySlice<UInt8>) throws(CommandError) -> Void
    ) throws(CommandError) {
        func check(_ bytes: Int, _ number: Int) throws(CommandError) {
            guard bytes > longest else { return }
            let reason = "\(thing) \(number) is longer than \(longest) bytes, the most that one may have"
            throw .input(path: input.name, reason: reason)
        }
        var block = [UInt8](repeating: 0, count: Self.blockBytes)
        /// The beginning of a line whose end has not come.
        var begun: [UInt8] = []
        var number = 1
        while true {
            let count = try next(&block)
            guard count > 0 else { break }
            var rest = block[..<count]
            while let place = rest.firstIndex(of: end) {
                try check(begun.count + place - rest.startIndex, number)
                let line = begun.isEmpty ? rest[..<place] : (begun + rest[..<place])[...]
                try take(number == 1 ? Self.unmarked(line, end) : line)
                begun = []
                number += 1
                rest = rest[(place + 1)...]
            }
            begun += rest
            try check(begun.count, number)
        }
        let last = number == 1 ? Self.unmarked(begun[...], end) : begun[...]
        if !last.isEmpty { try take(last) }
    }

    /// A text's first line without the mark that some programs begin a text with.
    private static func unmarked(_ line: ArraySlice<UInt8>, _ end: UInt8) -> ArraySlice<UInt8> {
        end == UInt8(ascii: "\n") && line.starts(with: ArgumentReader.mark)
            ? line.dropFirst(ArgumentReader.mark.count) : line
    }

    /// Fills the block; 0 at the file's end.
    private func next(_ block: inout [UInt8]) throws(CommandError) -> Int {
        let descriptor = input.descriptor
        do throws(SystemError) {
            return try system("read") { Glibc.read(descriptor, &block, block.count) }
        } catch {
            throw .input(path: input.name, reason: SystemFault.text(error.errno.rawValue))
        }
    }
}
