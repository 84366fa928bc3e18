import ArgumentParser
import Glibc

/// Finds the zygote's program.
enum ZygoteProgram {
    static let name = "parzygote"
    /// Where it is when it isn't beside pard, as seen from pard's directory.
    static let installed = "../libexec/pard"

    static func path() throws -> String {
        guard let own = ownPath() else { throw ValidationError("/proc is not there: pard can't find \(name)") }
        let directory = own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex)
        let places = ["\(directory)\(name)", "\(directory)\(installed)/\(name)"]
        guard let place = places.first(where: { access($0, X_OK) == 0 }) else {
            throw ValidationError("\(name) is missing: it should be at \(places.joined(separator: " or "))")
        }
        return place
    }

    private static func ownPath() -> String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }
}
