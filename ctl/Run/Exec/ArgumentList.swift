import Glibc

/// The arguments that a command is run for: typed after `:::`, read from a file, or read from standard input.
enum ArgumentList {
    /// Reads the arguments of a file, or of standard input where it is called `-`.
    ///
    /// - Parameter end: what ends each; the last one may lack it.
    static func read(_ path: String, end: UInt8) throws(Failure) -> [String] {
        let isInput = path == "-"
        let file = isInput ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .input(path: path, reason: String(cString: strerror(errno))) }
        defer { if !isInput { close(file) } }
        let name = isInput ? "standard input" : path
        return try split(try contents(of: file, named: name), end: end, named: name)
    }

    /// What there is to read up to the file's end.
    static func contents(of file: Int32, named name: String) throws(Failure) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(file, &block, block.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw .input(path: name, reason: String(cString: strerror(errno)))
            }
            bytes += block[..<count]
        }
    }

    /// The arguments of a text. Throws for one that isn't UTF-8, which a call to the daemon can't carry.
    static func split(_ bytes: [UInt8], end: UInt8, named name: String) throws(Failure) -> [String] {
        var arguments: [String] = []
        var parts = bytes.split(separator: end, omittingEmptySubsequences: false)
        if parts.last?.isEmpty == true { parts.removeLast() }
        for part in parts {
            guard let argument = String(validating: part, as: UTF8.self) else {
                throw .input(path: name, reason: "argument \(arguments.count + 1) is not UTF-8")
            }
            guard !argument.utf8.contains(0) else {
                throw .input(path: name, reason: "argument \(arguments.count + 1) has a NUL in it: use -0")
            }
            arguments.append(argument)
        }
        return arguments
    }
}
