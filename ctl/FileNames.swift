import Glibc
import Linux

/// Names of files that begin in a certain way, as a shell offers them.
enum FileNames {
    /// Paths that begin with `prefix`, directories with a slash at their end. Hidden ones only where that asks for them.
    static func beginning(with prefix: String) -> [String] {
        let folder = prefix.lastIndex(of: "/").map { String(prefix[...$0]) } ?? ""
        let start = String(prefix.dropFirst(folder.count))
        return Folder.names(in: folder.isEmpty ? "." : folder)
            .filter { $0.hasPrefix(start) && (start.hasPrefix(".") || !$0.hasPrefix(".")) }
            .map { name in folder + name + (isFolder(folder + name) ? "/" : "") }.sorted()
    }

    /// Programs of `path`, such as $PATH, whose names begin with `prefix`; none for an empty one, as there are too many.
    static func programs(beginningWith prefix: String, in path: String) -> [String] {
        guard !prefix.isEmpty, !prefix.contains("/") else { return [] }
        let found = path.split(separator: ":").flatMap { folder in
            Folder.names(in: String(folder)).filter { $0.hasPrefix(prefix) && access("\(folder)/\($0)", X_OK) == 0 }
        }
        return Set(found).sorted()
    }

    private static func isFolder(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
