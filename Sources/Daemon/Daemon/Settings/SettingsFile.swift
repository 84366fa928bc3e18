import Bytes
import Glibc
import Linux
import SystemPackage

/// What a configuration's file sets: `name: value` on each line that is no comment.
///
/// It is the plain part of YAML, so that a file which is taken means the same to every reader of YAML. What else YAML has is
/// refused, with its line.
struct SettingsFile {
    /// By setting, each checked.
    let values: [String: String]

    /// The longest file, in bytes: twenty times what all settings take with their explanations.
    static let sizeLimit = 64 << 10

    /// - Parameters:
    ///   - text: all that is in the file.
    ///   - file: as errors call it.
    init(_ text: [UInt8], file: String) throws(SettingError) {
        var values: [String: String] = [:]
        var numbers: [String: Int] = [:]
        // Editors of other systems begin a file with this mark.
        let mark: [UInt8] = [0xef, 0xbb, 0xbf]
        let lines = text.dropFirst(text.starts(with: mark) ? mark.count : 0).split(
            separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, bytes) in zip(1..., lines) {
            let place = "\(file):\(number)"
            guard let line = Self.text(of: bytes) else { throw .notText(place: place) }
            guard let (name, value) = try Self.setting(in: line, place: place) else { continue }
            guard let setting = Setting.named(name) else { throw .unknownKey(name, place: place) }
            if let first = numbers[name] { throw .setTwice(name, place: place, firstLine: first) }
            guard setting.accepts(value) else {
                throw .badValue(value, place: "\(place): \(name)", expected: setting.expected)
            }
            values[name] = value
            numbers[name] = number
        }
        self.values = values
    }

    /// A line without what ends it on other systems; nil where it is no text.
    private static func text(of line: ArraySlice<UInt8>) -> String? {
        let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
        guard line.allSatisfy({ $0 == UInt8(ascii: "\t") || $0 >= 0x20 && $0 != 0x7f }) else { return nil }
        return String(validating: line, as: UTF8.self)
    }

    /// The name and the value in `line`; nil where it sets nothing.
    private static func setting(in line: String, place: String) throws(SettingError) -> (String, String)? {
        let content = line.drop(while: isSpace)
        // Programs that write YAML begin it with dashes.
        if content.isEmpty || content.first == "#" || line == "---" { return nil }
        guard content.count == line.count, let colon = line.firstIndex(of: ":") else {
            throw .notSettings(place: place)
        }
        let name = trimmed(line[..<colon])
        let rest = line[line.index(after: colon)...]
        guard !name.isEmpty, name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }),
            name.first != "-", rest.isEmpty || isSpace(rest.first ?? " ")
        else { throw .notSettings(place: place) }
        guard let value = value(in: rest.drop(while: isSpace)) else { throw .notPlain(name, place: place) }
        return (name, value)
    }

    /// The value that `rest` begins with and a comment may follow; nil where it is more than a plain one in YAML.
    private static func value(in rest: Substring) -> String? {
        if let quote = rest.first, quote == "\"" || quote == "'" {
            let inner = rest.dropFirst()
            guard let end = inner.firstIndex(of: quote) else { return nil }
            let value = inner[..<end]
            let tail = inner[inner.index(after: end)...]
            let isPlain = quote == "'" || !value.contains("\\")
            return isPlain && withoutComment(tail).isEmpty && (tail.isEmpty || isSpace(tail.first ?? " "))
                ? String(value) : nil
        }
        let value = withoutComment(rest)
        guard value.first.map({ !"[]{},&*!|>%@`".contains($0) }) != false else { return nil }
        let isMore = value.hasPrefix("- ") || value.hasPrefix("? ") || value.contains(": ") || value.last == ":"
        return isMore ? nil : value
    }

    /// `text` up to a `#` that begins it or follows a space.
    private static func withoutComment(_ text: Substring) -> String {
        var last: Character = " "
        let value = text.prefix { character in
            defer { last = character }
            return !(character == "#" && isSpace(last))
        }
        return trimmed(value)
    }

    private static func trimmed(_ text: Substring) -> String {
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return String(text)
    }

    private static func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
}

extension SettingsFile {
    /// Reads and checks the file at `path`.
    ///
    /// - Parameter isRequired: whether it is an error when there is none; else it sets nothing then.
    init(at path: String, isRequired: Bool) throws(SettingError) {
        let content: Content
        do {
            content = try Self.content(of: path)
        } catch {
            guard !isRequired, [.noSuchFileOrDirectory, .notDirectory].contains(error.errno) else {
                throw .unreadable(file: path, reason: Self.reason(error.errno))
            }
            content = .text([])
        }
        switch content {
        case .text(let text) where text.count <= Self.sizeLimit: self = try Self(text, file: path)
        case .text:
            throw .unreadable(file: path, reason: "it has more than \(Self.sizeLimit >> 10) KiB: is it the right file?")
        case .other(let kind):
            throw .unreadable(file: path, reason: "it is \(kind): settings are read from a regular file")
        }
    }

    /// What there is at a path.
    private enum Content {
        /// As much of a file as shows whether it is too long.
        case text([UInt8])
        case other(String)
    }

    private static func content(of path: String) throws(SystemError) -> Content {
        var status = stat()
        try system("stat") { stat(path.cBytes, &status) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: break
        case S_IFCHR where status.st_rdev == 0x103:
            // /dev/null, which stands for no file.
            return .text([])
        case S_IFDIR: return .other("a directory")
        case S_IFIFO: return .other("a pipe")
        case S_IFSOCK: return .other("a socket")
        default: return .other("a device")
        }
        // Another kind of file that has come there meanwhile has nobody wait.
        let flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY
        let file = Descriptor(owning: try system("open") { open(path.cBytes, flags) })
        var bytes = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < bytes.count {
            let part = try system("read") {
                bytes.withUnsafeMutableBytes { read(file.raw, $0.baseAddress?.advanced(by: count), $0.count - count) }
            }
            if part == 0 { break }
            count += part
        }
        return .text(Array(bytes[..<count]))
    }

    /// What an error means here, and what can be done.
    private static func reason(_ error: Errno) -> String {
        switch error {
        case .noSuchFileOrDirectory: "there is no such file: make it, or leave --config out"
        case .notDirectory: "a part of the path is not a directory"
        case .permissionDenied, .notPermitted:
            "user ID \(geteuid()) may not: let it read the file, and search the directories above it"
        case .tooManySymbolicLinkLevels: "its symbolic links lead in a circle: see 'namei -l' of it"
        case .fileNameTooLong: "its name is too long"
        case .tooManyOpenFiles: "no descriptor is left: raise LimitNOFILE= or 'ulimit -n'"
        default: "\(error)"
        }
    }
}
