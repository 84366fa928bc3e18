import Glibc

/// Where the daemon's program is.
enum DaemonFinder {
    /// `pard` beside this program, else installed below its prefix, else in `$PATH`; nil where there is none.
    static func pard() -> String? {
        candidates(own: ownPath(), path: Environment.value("PATH")).first { access($0, X_OK) == 0 }
    }

    /// The places in their order, for a program at `own` and a search path.
    static func candidates(own: String?, path: String?) -> [String] {
        let folder = own.flatMap { own in own.lastIndex(of: "/").map { String(own[..<$0]) } }
        let beside = folder.map { ["\($0)/pard", "\($0)/../libexec/pard/pard"] } ?? []
        return beside + (path ?? "").split(separator: ":").map { "\($0)/pard" }
    }

    private static func ownPath() -> String? {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        return count > 0 ? String(decoding: buffer[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}
