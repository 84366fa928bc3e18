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
        mkdir(String(socket.dropLast("/pard.sock".count)), directoryMode)
    }
}
