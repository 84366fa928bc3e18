/// Which socket to connect to.
enum SocketChoice: Equatable {
    /// The user said it, by option or variable: there or nowhere.
    case named(String)
    /// Nobody said it: the first of `places` that exists, or nil.
    case found(String?, places: [String])

    /// Chooses by `--socket`, `$PARD_SOCKET`, and then the first existing of the user's and the system's socket.
    init(option: String?, variable: (String) -> String?, exists: (String) -> Bool) {
        if let path = option ?? variable("PARD_SOCKET") {
            self = .named(path)
            return
        }
        let user = variable("XDG_RUNTIME_DIR").map { "\($0)/pard/pard.sock" }
        let places = [user, "/run/pard/pard.sock"].compactMap(\.self)
        self = .found(places.first(where: exists), places: places)
    }
}
