import Glibc

/// The environment's variables. A variable that is empty counts as one that is not set.
enum Environment {
    static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// The current directory, by its path. One that has been removed has the path that it had and `(deleted)` behind it,
    /// as the kernel shows it: nothing is there, and nothing may be done elsewhere instead.
    static var directory: String {
        if let path = getcwd(nil, 0) {
            defer { free(path) }
            return String(cString: path)
        }
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/cwd", &buffer, buffer.count)
        if count > 0 { return String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) }
        return "/(the current directory can't be found out)"
    }
}
