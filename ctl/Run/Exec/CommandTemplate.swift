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

    private static let places = ["{}", "{.}", "{/}", "{//}", "{/.}", "{#}"]

    /// A command without a place has the argument at its end.
    init(_ words: [String], isForShell: Bool = false) {
        let hasPlace = words.contains { word in Self.places.contains { word.contains($0) } }
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

    private static func fill(_ word: String, _ argument: String, _ number: Int, quoting: Bool) -> String {
        var text = ""
        var rest = word[...]
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            guard let place = places.first(where: { rest.hasPrefix($0) }) else {
                text += "{"
                rest = rest.dropFirst()
                continue
            }
            let value = value(of: place, argument, number)
            text += quoting ? ShellWord.quoted(value) : value
            rest = rest.dropFirst(place.count)
        }
        return text + rest
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
        guard let dot = path.lastIndex(of: "."), !path[dot...].contains("/") else { return path }
        return String(path[..<dot])
    }

    private static func lastPart(_ path: String) -> String {
        path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? path
    }

    private static func directory(_ path: String) -> String {
        // As dirname(1): slashes at the end don't count.
        var parent = path[...]
        while parent.last == "/" { parent.removeLast() }
        while let last = parent.last, last != "/" { parent.removeLast() }
        while parent.last == "/" { parent.removeLast() }
        return parent.isEmpty ? (path.hasPrefix("/") ? "/" : ".") : String(parent)
    }
}

/// A word as a POSIX shell takes it for one.
enum ShellWord {
    private static let plain = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,")

    /// `word`, quoted where it has to be.
    static func quoted(_ word: String) -> String {
        if !word.isEmpty, word.allSatisfy(plain.contains) { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
