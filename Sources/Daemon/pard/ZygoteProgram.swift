import ArgumentParser
import Glibc

/// Finds the programs of the zygotes.
enum ZygoteProgram {
    static let name = "parzygote"
    /// The one that can load libraries.
    static let libraryName = "parzygote-library"
    /// Where they are when they aren't beside pard, as seen from pard's directory.
    static let installed = "../libexec/pard"

    static func path(of name: String) throws -> String {
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
