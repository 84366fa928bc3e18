import Glibc
import Linux

/// Why a socket can't be served.
public enum ListenError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Another server holds the path's lock or answers on it.
    case alreadyServed(path: String)
    /// The path is taken by a file that is no socket.
    case notASocket(path: String)
    /// The descriptor that was handed over is no listening Unix stream socket.
    case notAListener(descriptor: Int32)
    /// A system call failed.
    case failed(call: String, path: String, errno: Int32)

    public var description: String {
        switch self {
        case .alreadyServed(let path):
            "another daemon is running on \(path): use that one, stop it first, or choose another path"
        case .notASocket(let path): "\(path) is there and is no socket: choose another path, or remove the file"
        case .notAListener(let descriptor):
            "descriptor \(descriptor) is not a listening Unix stream socket: correct the socket unit"
        case .failed(_, let path, ENOENT): "the directory of \(path) is not there: make it first"
        case .failed(_, let path, ENAMETOOLONG): "\(path) is too long for a socket's path: choose a shorter one"
        case .failed(let call, let path, let number):
            "\(call) failed for \(path): \(SystemError.text(number))"
        }
    }
}
