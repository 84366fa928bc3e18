import Bytes
import Glibc
import Linux
import SystemPackage

/// Finds programs by the `PATH` of the commands' own environment, as execvp(3) does by the caller's.
struct ProgramFinder {
    /// Absolute directories.
    private let places: [String]
    /// The name that was looked for last and where it is: as a rule all commands of a job are the same.
    private var last: (name: String, path: String)?

    /// What execvp(3) goes by where there is no `PATH`.
    private static let defaultPath = "/bin:/usr/bin"

    /// - Parameter directory: where commands run; a relative place is one from there.
    init(environment: [UnsafePointer<CChar>], directory: String) {
        let variable = environment.lazy.map { String(cBytes: $0) }.first { $0.utf8.starts(with: "PATH=".utf8) }
        let places = variable.map { $0.utf8.dropFirst("PATH=".utf8.count) } ?? Self.defaultPath.utf8[...]
        // By bytes: an accent behind a sign is one character with it.
        self.places = places.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { bytes in
            let place = String(Substring(bytes))
            return bytes.first == UInt8(ascii: "/") ? place : place.isEmpty ? directory : "\(directory)/\(place)"
        }
    }

    /// The path of the program called `name`; what has a slash in it is one already.
    ///
    /// Throws ENOENT, or EACCES where there is such a file and it may not be executed.
    mutating func path(of name: String) throws(SystemError) -> String {
        if name.utf8.contains(UInt8(ascii: "/")) { return name }
        if let last, last.name == name { return last.path }
        var error = Errno.noSuchFileOrDirectory
        for place in places where !name.isEmpty {
            let path = "\(place)/\(name)"
            if access(path.cBytes, X_OK) == 0, Self.isFile(path) {
                last = (name, path)
                return path
            }
            if access(path.cBytes, F_OK) == 0, Self.isFile(path) { error = .permissionDenied }
        }
        throw SystemError("execve", error, on: name)
    }

    private static func isFile(_ path: String) -> Bool {
        var status = stat()
        return stat(path.cBytes, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
    }
}

/// C strings for exec(3), ended by nil, at an address that stays while they do. The strings are somebody else's.
final class ArgumentVector {
    private(set) var base: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>
    private var count = 0
    private var capacity = 16

    init() {
        base = .allocate(capacity: capacity)
        base.initialize(to: nil)
    }

    deinit {
        base.deallocate()
    }

    /// The string at `index`; nil at the end.
    subscript(index: Int) -> UnsafeMutablePointer<CChar>? { index < count ? base[index] : nil }

    func removeAll() {
        count = 0
        base[0] = nil
    }

    func append(_ string: UnsafePointer<CChar>?) {
        if count + 1 == capacity { grow() }
        base[count] = UnsafeMutablePointer(mutating: string)
        count += 1
        base[count] = nil
    }

    private func grow() {
        let larger = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: capacity * 2)
        larger.initialize(repeating: nil, count: capacity * 2)
        larger.update(from: base, count: count)
        base.deallocate()
        base = larger
        capacity *= 2
    }
}
