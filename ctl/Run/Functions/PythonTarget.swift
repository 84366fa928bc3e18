import Bytes
import Glibc
import Linux

/// What `parctl run python` is to call, and by which interpreter.
struct PythonTarget {
    /// A file's path or a module's name, a colon and the function's name.
    let function: String
    /// The interpreter's path.
    let interpreter: String

    /// - Parameters:
    ///   - name: as typed.
    ///   - given: the interpreter as typed; nil for the one in `PATH`.
    init(_ name: String, interpreter given: String?, in directory: String, _ words: RunWords) throws(CommandError) {
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            throw words.fault("which function? For example: parctl run python ./mine.py:work one two")
        }
        let target = String(name[..<colon])
        if target.hasSuffix(".py") || target.utf8.contains(UInt8(ascii: "/")) {
            let path = Self.absolute(target, directory)
            guard access(path.cBytes, R_OK) == 0 else { throw .input(path: target, reason: SystemFault.text(errno)) }
            function = path + name[colon...]
        } else {
            function = name
        }
        guard let found = Self.find(given ?? "python3", directory) else {
            throw words.fault(
                given.map { "--python: there is no program '\($0)'" }
                    ?? "there is no python3 in PATH: name an interpreter with --python")
        }
        interpreter = found
    }

    /// An interpreter, by its path or in `PATH`. Links are left as they are: an environment is found by them.
    static func find(_ name: String, _ directory: String) -> String? {
        if name.utf8.contains(UInt8(ascii: "/")) {
            let path = absolute(name, directory)
            return access(path.cBytes, X_OK) == 0 ? path : nil
        }
        let folders = (Environment.value("PATH") ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        return folders.lazy.map { absolute("\($0)/\(name)", directory) }.first { access($0.cBytes, X_OK) == 0 }
    }

    static func absolute(_ path: String, _ directory: String) -> String {
        path.utf8.first == UInt8(ascii: "/") ? path : directory + "/" + FunctionPlan.plain(path)
    }
}
