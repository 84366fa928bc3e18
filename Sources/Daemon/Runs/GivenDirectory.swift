import Glibc

/// A directory that a client names for its job's files.
enum GivenDirectory {
    /// What `path` has to be and isn't; nil where nothing is amiss.
    static func fault(in path: String) -> String? {
        guard path.hasPrefix("/") else { return "the absolute path of a directory" }
        var status = stat()
        guard stat(path, &status) == 0 else {
            return errno == ENOENT
                ? "a directory that is there: make it first, with mkdir -p" : "a directory that the daemon may enter"
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "a directory, and this is none" }
        return access(path, W_OK | X_OK) == 0 ? nil : "a directory in which the daemon may write"
    }
}
