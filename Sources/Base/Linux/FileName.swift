import CLinux

/// A file's name in its directory.
public enum FileName {
    /// Gives the file at `path` another name, `new`, of the same file system. Throws EEXIST where that is taken.
    public static func change(_ path: String, to new: String) throws(SystemError) {
        try kernel("renameat2") { par_rename_new(path, new) }
    }
}
