import Catalogue

/// A command with places for an argument, as GNU parallel has them.
///
/// | place | what stands there, for `dir/file.txt` |
/// | --- | --- |
/// | `{}` | `dir/file.txt` |
/// | `{.}` | `dir/file`, without the last extension |
/// | `{/}` | `file.txt`, the last part |
/// | `{//}` | `dir`; `.` where there is none |
/// | `{/.}` | `file`, the last part without the last extension |
/// | `{#}` | the number of the argument, from 1 |
struct CommandTemplate: Equatable {
    /// At least one.
    let words: [String]
    /// Whether a shell runs the command: then the words are one line, and what is put into it is quoted.
    let isForShell: Bool

    /// Scalars rather than characters, here and below: a mark that follows a brace, a slash, a dot or a quote joins it in
    /// one character, and leaves it what it is to programs.
    private static let places = ["{}", "{.}", "{/}", "{//}", "{/.}", "{#}"].map { $0.unicodeScalars }

    /// A command without a place has the argument at its end.
    init(_ words: [String], isForShell: Bool = false) {
        let hasPlace = words.contains { word in
            word.unicodeScalars.indices.contains { Self.place(at: word.unicodeScalars[$0...]) != nil }
        }
        self.words = hasPlace ? words : words + ["{}"]
        self.isForShell = isForShell
    }

    /// The words of the command for one argument.
    ///
    /// - Parameter number: the argument's, from 1.
    func command(for argument: String, number: Int) -> [String] {
        let filled = words.map { Self.fill($0, argument, number, quoting: isForShell) }
        return isForShell ? ["/bin/sh", "-c", filled.joined(separator: " ")] : filled
    }

    /// The command as it would be typed into a shell.
    func line(for argument: String, number: Int) -> String {
        let words = command(for: argument, number: number)
        return isForShell ? words[2] : words.map(ShellWord.quoted).joined(separator: " ")
    }

    /// The place that `text` begins with, if any.
    private static func place(at text: Substring.UnicodeScalarView) -> String.UnicodeScalarView? {
        text.first == "{" ? places.first { text.starts(with: $0) } : nil
    }

    private static func fill(_ word: String, _ argument: String, _ number: Int, quoting: Bool) -> String {
        var text = String.UnicodeScalarView()
        var rest = word.unicodeScalars[...]
        while let scalar = rest.first {
            guard let place = place(at: rest) else {
                text.append(scalar)
                rest.removeFirst()
                continue
            }
            let value = value(of: String(place), argument, number)
            text += (quoting ? ShellWord.quoted(value) : value).unicodeScalars
            rest.removeFirst(place.count)
        }
        return String(text)
    }

    private static func value(of place: String, _ argument: String, _ number: Int) -> String {
        switch place {
        case "{.}": withoutExtension(argument)
        case "{/}": lastPart(argument)
        case "{//}": directory(argument)
        case "{/.}": withoutExtension(lastPart(argument))
        case "{#}": String(number)
        default: argument
        }
    }

    private static func withoutExtension(_ path: String) -> String {
        let scalars = path.unicodeScalars
        guard let dot = scalars.lastIndex(of: "."), !scalars[dot...].contains("/") else { return path }
        return String(scalars[..<dot])
    }

    private static func lastPart(_ path: String) -> String {
        let scalars = path.unicodeScalars
        return scalars.lastIndex(of: "/").map { String(scalars[scalars.index(after: $0)...]) } ?? path
    }

    private static func directory(_ path: String) -> String {
        // As dirname(1): slashes at the end don't count.
        var parent = path.unicodeScalars[...]
        while parent.last == "/" { parent.removeLast() }
        while let last = parent.last, last != "/" { parent.removeLast() }
        while parent.last == "/" { parent.removeLast() }
        return parent.isEmpty ? (path.unicodeScalars.first == "/" ? "/" : ".") : String(parent)
    }
}
