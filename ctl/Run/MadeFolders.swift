import Bytes
import Glibc

/// The folders that had to be made so that a run's files have a place, and that are taken away again where nothing comes of it.
struct MadeFolders {
    private var made: [String] = []

    /// Makes `path` and what is missing above it. Throws ``CommandError/export(path:errno:)``.
    init(_ path: String) throws(CommandError) {
        var missing: [String] = []
        var rest = Substring(path)
        while rest.utf8.last == UInt8(ascii: "/"), rest.utf8.count > 1 { rest = Substring(rest.utf8.dropLast()) }
        while !rest.isEmpty, access(String(rest).cBytes, F_OK) != 0, errno == ENOENT {
            missing.append(String(rest))
            guard let slash = rest.utf8.lastIndex(of: UInt8(ascii: "/")) else { break }
            rest = rest[..<slash]
        }
        for folder in missing.reversed() {
            if mkdir(folder.cBytes, 0o777) == 0 {
                made.append(folder)
            } else if errno != EEXIST {
                let number = errno
                remove()
                throw .export(path: folder, errno: number)
            }
        }
    }

    /// Nothing has to be made.
    init() {}

    /// Those for what a workload keeps, where its words ask for that.
    init(for words: RunWords) throws(CommandError) {
        guard words.definition.input?.isAddress == true, let path = words.arguments["output"], !path.isEmpty else {
            self.init()
            return
        }
        try self.init(path)
    }

    /// Takes those away again that are empty.
    func remove() {
        for folder in made.reversed() { rmdir(folder.cBytes) }
    }
}
