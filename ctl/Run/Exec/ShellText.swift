import Bytes
import Glibc
import Linux

/// A shell's line made of bytes: what is quoted in it, and which shell runs it.
enum ShellText {
    /// `word` as a POSIX shell takes it for one word, spelled as GNU parallel spells it.
    static func quoted(_ word: [UInt8]) -> [UInt8] {
        guard !word.isEmpty else { return Array("''".utf8) }
        guard !word.allSatisfy(isPlain) else { return word }
        var text: [UInt8] = [quote]
        for byte in word { if byte == quote { text += Array("'\"'\"'".utf8) } else { text.append(byte) } }
        text.append(quote)
        // A pair of quotes with nothing in it says nothing where something else stands beside it.
        if text.count > 2, text[0] == quote, text[1] == quote { text.removeFirst(2) }
        if text.count > 2, text[text.count - 2] == quote, text[text.count - 1] == quote { text.removeLast(2) }
        return text
    }

    private static let quote = UInt8(ascii: "'")

    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
            UInt8(ascii: "+"), UInt8(ascii: "/"):
            true
        default: false
        }
    }

    /// Whether a word has a space or a sign in it that a shell would do something about.
    static func hasSign(_ word: [UInt8]) -> Bool { word.contains(where: signs.contains) }

    private static let signs = Set(" \t\n|&;<>()$`\\\"'*?[~".utf8)

    /// Words that are something to a shell and nothing to anybody else, where they stand by themselves.
    static func isOperator(_ word: [UInt8]) -> Bool {
        operators.contains(word) || beginnings.contains { word.starts(with: $0) }
    }

    /// What such a word may begin with, as in `2>/dev/null`, `>>log`, `<{}` and `'| sort'`.
    private static let beginnings = [
        "2>", "1>", "&>", ">>", ">&", "<{", ">{", "| ", "|| ", "&& ", "; ",
    ].map { Array($0.utf8) }

    private static let operators = Set(
        ["|", "|&", "||", "&&", "&", ">", ">>", "<", "<<<", "2>", "2>>", "&>", ">&", "2>&1", ">&2", "1>&2"].map {
            Array($0.utf8)
        })
    static let separator = Array(";".utf8)

    /// Commands that only a shell has.
    static func isBuiltin(_ word: [UInt8]) -> Bool { builtins.contains(word) }

    private static let builtins = Set(
        [
            "!", ".", ":", "alias", "bg", "break", "case", "cd", "command", "continue", "declare", "eval", "exec",
            "exit",
            "export", "fg", "for", "if", "jobs", "let", "local", "popd", "pushd", "read", "readonly", "return", "set",
            "shift", "shopt", "source", "times", "trap", "type", "typeset", "ulimit", "umask", "unset", "until", "wait",
            "while", "{", "[[",
        ].map { Array($0.utf8) })

    /// Whether a word is quoted once more within, as in `'"{}"'` or `--name='"a b"'`: that is meant for a shell.
    static func isQuoted(_ word: [UInt8]) -> Bool {
        var text = word[...]
        if let sign = text.firstIndex(of: UInt8(ascii: "=")), text.first == UInt8(ascii: "-") {
            text = text[(sign + 1)...]
        }
        guard text.count > 2, let first = text.first, first == text.last else { return false }
        return first == quote || first == UInt8(ascii: "\"")
    }

    /// The variable in a word that is a path or the like, as in `$HOME/{}`, and would be nothing else to any program; nil for none.
    static func variable(in word: [UInt8]) -> String? {
        guard let sign = word.firstIndex(of: UInt8(ascii: "$")) else { return nil }
        let name = word[(sign + 1)...].drop { $0 == UInt8(ascii: "{") }.prefix {
            (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) || $0 == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        let isPath = word.allSatisfy { byte in isPlain(byte) || "$={}:,#%@".utf8.contains(byte) }
        guard isPath, name.count > 1, name.first.map({ $0 >= UInt8(ascii: "A") }) == true else { return nil }
        return String(bytes: Array(name))
    }

    /// Whether a word sets a variable, as in `LC_ALL=C sort`.
    static func isAssignment(_ word: [UInt8]) -> Bool {
        guard let sign = word.firstIndex(of: UInt8(ascii: "=")), sign > 0 else { return false }
        return word[..<sign].enumerated().allSatisfy { index, byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
            default: false
            }
        }
    }
}

/// The shell that runs lines: as GNU parallel chooses it, so that a line means the same.
enum UserShell {
    /// `$PARALLEL_SHELL`, or the shell that this program was started from, or `$SHELL`, or `/bin/sh`.
    static func path() -> String {
        if let named = Environment.value("PARALLEL_SHELL") { return named }
        return parent() ?? Environment.value("SHELL") ?? standard
    }

    static let standard = "/bin/sh"

    private static let names: Set<String> = [
        "ash", "bash", "dash", "ksh", "ksh93", "mksh", "rbash", "sh", "static-sh", "yash", "zsh",
    ]

    /// How far up the tree of processes a shell is looked for.
    private static let generations = 16

    /// The nearest shell among the processes that this one descends from.
    private static func parent() -> String? {
        var pid = getppid()
        for _ in 0..<generations where pid > 1 {
            var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
            let count = readlink("/proc/\(pid)/exe", &buffer, buffer.count)
            if count > 0 {
                let path = String(bytes: buffer[..<count].map(UInt8.init(bitPattern:)))
                if let name = path.split(separator: "/").last, names.contains(String(name)) { return path }
            }
            guard let next = self.parent(of: pid), next != pid else { return nil }
            pid = next
        }
        return nil
    }

    private static func parent(of pid: pid_t) -> pid_t? {
        guard let file = fopen("/proc/\(pid)/stat", "re") else { return nil }
        defer { fclose(file) }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = fread(&buffer, 1, buffer.count, file)
        // The name may hold anything, a bracket too: what counts stands behind the last one.
        guard let end = buffer[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = buffer[(end + 1)..<count].split(separator: UInt8(ascii: " "))
        return fields.count > 1 ? pid_t(String(decoding: fields[1], as: UTF8.self)) : nil
    }
}

/// The shell that opens files for a command and becomes it.
enum WrapperShell {
    /// With what comes before the line. Some shells drop variables whose names they could not set, such as functions that bash has
    /// exported: where there are any, it is bash, which hands them on.
    static let words: [[UInt8]] = {
        let hasStrange = Variables.ownTexts.contains { !ShellText.isAssignment($0.bytes) }
        guard hasStrange, access("/bin/bash", X_OK) == 0 else { return ["/bin/sh", "-c"].map { Array($0.utf8) } }
        // Privileged: without the files that bash reads for scripts.
        return ["/bin/bash", "-p", "-c"].map { Array($0.utf8) }
    }()
}
