import Glibc

/// The environment's variables. A variable that is empty counts as one that is not set.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// The current directory, by its path; the root where it has been removed.
    static var directory: String {
        guard let path = getcwd(nil, 0) else { return "/" }
        defer { free(path) }
        return String(cString: path)
    }
}
