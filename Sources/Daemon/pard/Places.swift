import ArgumentParser
import Bytes
import Glibc

/// Where a daemon has its settings and its socket when nothing else was said.
struct SettingsPlace: Sendable {
    /// The configuration's file, which need not be there; nil for none.
    let file: String?
    let socket: String
    private let directoryMode: mode_t

    /// - Parameters:
    ///   - isShared: whether the daemon serves all users.
    ///   - isPrivate: whether it belongs to one command, which no file has a say in.
    init(isShared: Bool, isPrivate: Bool, environment: [String: String]) {
        func set(_ name: String) -> String? { environment[name].flatMap { $0.isEmpty ? nil : $0 } }
        let home = set("XDG_CONFIG_HOME") ?? set("HOME").map { "\($0)/.config" }
        if isPrivate {
            file = nil
        } else if isShared {
            file = "/etc/pard/pard.yaml"
        } else {
            file = home.map { "\($0)/pard/pard.yaml" }
        }
        let runtime = isShared ? "/run" : set("XDG_RUNTIME_DIR") ?? "/run/user/\(getuid())"
        socket = "\(runtime)/pard/pard.sock"
        directoryMode = isShared ? 0o755 : 0o700
    }

    /// Makes the directory of the socket. Where it can't be made, making the socket says so.
    func makeDirectory() {
        mkdir(String(socket.dropLast("/pard.sock".count)).cBytes, directoryMode)
    }
}

/// Finds the programs of the zygotes.
enum InstalledProgram {
    static let name = "parzygote"
    /// The one that can load libraries.
    static let libraryName = "parzygote-library"
    /// What a user's Python loads.
    static let pythonLibrary = "libparpython.so"
    /// Where they are when they aren't beside pard, as seen from pard's directory.
    static let installed = "../libexec/pard"

    static func path(of name: String) throws -> String {
        guard let own = ownPath() else { throw ValidationError("/proc is not there: pard can't find \(name)") }
        let directory = own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex)
        let places = ["\(directory)\(name)", "\(directory)\(installed)/\(name)"]
        guard let place = places.first(where: { access($0.cBytes, X_OK) == 0 }) else {
            throw ValidationError("\(name) is missing: it should be at \(places.joined(separator: " or "))")
        }
        return place
    }

    private static func ownPath() -> String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cBytes: path)
    }
}
