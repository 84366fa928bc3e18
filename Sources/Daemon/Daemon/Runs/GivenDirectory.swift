import Glibc

/// A directory that a client names: for its job's files, or for its commands to run in.
enum GivenDirectory {
    /// What `path` has to be and isn't; nil where nothing is amiss.
    ///
    /// - Parameter isForFiles: whether the job is to make files in it.
    static func fault(in path: String, isForFiles: Bool = true) -> String? {
        guard path.hasPrefix("/") else { return "the absolute path of a directory" }
        var status = stat()
        guard stat(path, &status) == 0 else {
            if errno != ENOENT { return "a directory that the daemon may enter" }
            return "a directory that is there" + (isForFiles ? ": make it first, with mkdir -p" : "")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return "a directory, and this is none" }
        if !isForFiles { return access(path, X_OK) == 0 ? nil : "a directory that the daemon may enter" }
        return access(path, W_OK | X_OK) == 0 ? nil : "a directory in which the daemon may write"
    }
}
