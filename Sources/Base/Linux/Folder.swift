import Glibc

/// Directories, without their paths being walked twice.
public enum Folder {
    /// The names in a directory, in no order; none where it can't be read.
    public static func names(in path: String) -> [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        return names(in: folder)
    }

    /// Removes a directory and the files in it, which are all that is ever made there. What is no directory stays.
    ///
    /// - Returns: whether it is gone.
    @discardableResult
    public static func remove(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return errno == ENOENT }
        guard let folder = fdopendir(descriptor) else {
            close(descriptor)
            return false
        }
        defer { closedir(folder) }
        for name in names(in: folder) { unlinkat(descriptor, name, 0) }
        return rmdir(path) == 0 || errno == ENOENT
    }

    /// How a directory is called while it is made, before others may take it for what it will be.
    public static func unfinished(_ path: String) -> String { path + ".new" }

    private static func names(in folder: OpaquePointer) -> [String] {
        var names: [String] = []
        while let entry = readdir(folder) {
            names.append(
                withUnsafePointer(to: &entry.pointee.d_name) {
                    $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
                })
        }
        return names.filter { $0 != "." && $0 != ".." }
    }
}
