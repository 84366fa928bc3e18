import Control
import Glibc
import Report

/// The shortest way through the hottest command: `parctl ping` and `parctl --socket PATH ping`, exactly so, without
/// the argument parser and the JSON coders, which take several times as long as the rest of the program.
///
/// It never fails: whatever isn't the plain case goes the ordinary way, which knows what to say.
enum DirectPing {
    private static let call = Array("{\"method\":\"\(Ping.method)\"}\0".utf8)

    /// Serves `arguments` if they are one of the forms and the daemon answers at once as expected; nil otherwise.
    static func status(for arguments: [String]) -> ExitStatus? {
        guard let path = socket(for: arguments), let nanoseconds = roundTrip(path) else { return nil }
        let look = Terminal(STDOUT_FILENO, color: .auto).look
        do {
            try StandardOutput.write(PingCommand.text(socket: path, nanoseconds: nanoseconds, look: look))
            return .ok
        } catch {
            return error.status
        }
    }

    /// The socket that `arguments` mean, if they are one of the forms.
    private static func socket(for arguments: [String]) -> String? {
        let option: String?
        switch arguments.count {
        case 2 where arguments[1] == "ping": option = nil
        case 4 where arguments[1] == "--socket" && arguments[3] == "ping": option = arguments[2]
        case 4 where arguments[1] == "ping" && arguments[2] == "--socket": option = arguments[3]
        default: return nil
        }
        return switch SocketChoice(option: option, variable: Environment.value, exists: { access($0, F_OK) == 0 }) {
        case .named(let path): path
        case .found(let path, _): path
        }
    }

    /// Calls Ping and checks that the reply is one without an error; nanoseconds from call to reply, or nil.
    private static func roundTrip(_ path: String) -> Int? {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { room in
            guard path.utf8.count < room.count, !path.isEmpty else { return false }
            room.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { return nil }
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        let start = Clock.now
        guard connected == 0, send(descriptor, call, call.count, Int32(MSG_NOSIGNAL)) == call.count else { return nil }
        var reply = [UInt8](repeating: 0, count: 256)
        let count = recv(descriptor, &reply, reply.count, 0)
        let nanoseconds = Clock.now - start
        guard count > 0 else { return nil }
        let text = String(decoding: reply[..<count], as: UTF8.self)
        return ["{}\0", "{\"parameters\":{}}\0"].contains(text) ? nanoseconds : nil
    }
}
