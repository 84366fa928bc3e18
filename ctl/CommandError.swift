import Control
import Glibc
import Linux
import Varlink

/// Why a command could not do its work: the message for standard error and the exit status.
enum CommandError: Error {
    /// The command line asks for something that can't be; `help` is the command that tells more.
    case usage(String, help: String = "parctl --help")
    /// No socket was named, and there is a daemon at none of `places`.
    case noDaemon(places: [String])
    /// The connection to the daemon failed.
    case client(ClientError)
    case refused(ControlError)
    /// The run had been accepted as `job`, and then the daemon went away, or did not keep to the protocol any more.
    case lost(job: String, reason: String)
    /// A private daemon could not be started.
    case privateDaemon(String)
    /// Every task of a comparison's warm-up failed, so that there is nothing to compare: what is to be said of it.
    case warmUp(String)
    /// The journal can't be read.
    case journal(String)
    /// A file that parctl writes beside its output can't be opened; nothing was run.
    case export(path: String, errno: Int32)
    /// Such a file could not be written to its end.
    case exporting(path: String, errno: Int32)
    /// What a run is to be given can't be read; nothing was run.
    case input(path: String, reason: String)
    /// The current directory is none to run anything in.
    case directory(String)
    /// Standard output can't be written.
    case output(errno: Int32)
    /// A reply holds what JSON can't say.
    case unwritable(String)
    /// The limit on address space is too small.
    case memory(allowed: Int, least: Int)
    /// A system call that should not fail did.
    case system(call: String, errno: Int32)

    init(_ error: SystemError) {
        self = .system(call: error.call, errno: error.errno.rawValue)
    }

    init(_ error: ClientError) {
        if case .failed(let reply) = error, let refusal = ControlError(reply) {
            self = .refused(refusal)
        } else {
            self = .client(error)
        }
    }

    var status: ExitStatus {
        switch self {
        case .usage, .export, .input, .directory: .usage
        case .client(.failed): .refused
        case .noDaemon, .client, .privateDaemon: .unreachable
        case .refused(let error): ExitStatus(error)
        case .lost: .lost
        case .warmUp, .journal, .exporting, .output, .unwritable, .memory, .system: .failed
        }
    }

    /// What to say; nil where the reader went away and nobody listens.
    var message: String? {
        switch self {
        case .usage(let text, let help): "\(text)\nSee '\(help)'."
        case .noDaemon(let places):
            "no daemon is running: there is none at \(places.joined(separator: " or ")); " + Self.howToStart
        case .client(.unreachable(let path, let number)):
            switch number {
            case ENOENT: "no daemon is running at \(path): there is no such socket; " + Self.howToStart + Self.namedOnly
            case ECONNREFUSED:
                "no daemon is running at \(path): its socket is there, but nobody listens; " + Self.howToStart
                    + Self.namedOnly
            case EACCES:
                "you may not use the daemon at \(path): "
                    + (SocketGroup(of: path)?.advice
                        ?? "it serves others; without a socket named, 'parctl start' starts one of your own")
            case EMFILE, ENFILE, ENOMEM, ENOBUFS:
                "can't connect to \(path): \(SystemFault.text(number))"
            default: ClientError.unreachable(path: path, errno: number).description
            }
        case .client(let error): Self.clean(error.description)
        case .refused(.workersFailed(let reason)) where reason.utf8.contains(UInt8(ascii: "\n")):
            "the workers did not start: "
                + reason.split(separator: "\n").map { Self.clean(String($0)) }.joined(separator: "\n")
        case .refused(.noSuchPool(let name, let known)):
            Self.clean(
                "there is no pool '\(name)'"
                    + (Suggestion.nearest(to: name, in: known).map { "; did you mean '\($0)'?" }
                        ?? ": there are \(known.joined(separator: ", "))"))
        case .refused(let error): Self.clean(error.description)
        case .lost(let job, let reason):
            Self.clean(
                "the daemon went away while job \(job) was running: \(reason); nobody knows which of its tasks were done"
            )
        case .privateDaemon(let reason): "the private daemon did not start: \(reason)"
        case .warmUp(let text): text
        case .journal(let reason): reason
        case .export(let path, let number):
            "can't write to '\(Self.clean(path))': \(SystemFault.text(number)); nothing was run"
        case .exporting(let path, let number):
            "can't write all of '\(Self.clean(path))': \(SystemFault.text(number))"
        case .input(let path, let reason): "\(Self.clean(path)) can't be read: \(reason); nothing was run"
        case .directory(let reason):
            "the current directory is no place to run in: \(Self.clean(reason)); nothing was run"
        case .output(EPIPE): nil
        case .output(let number): "can't write to standard output: \(SystemFault.text(number))"
        case .unwritable(let reason): "the data can't be written as JSON: \(reason)"
        case .memory(let allowed, let least):
            "'ulimit -v' allows \(allowed >> 20) MiB, and this program needs at least \(least >> 20) MiB"
        case .system(let call, let number): "\(call): \(SystemFault.text(number))"
        }
    }

    /// What the daemon sent, or speaks of, on one line that no terminal takes for a command, and not longer than a screen or
    /// two.
    static func clean(_ text: String) -> String {
        Terminal(STDERR_FILENO, color: .never).style.clean(text, limit: 2000)
    }

    /// Said of a socket that was named.
    private static let namedOnly = " (without a socket named, 'parctl run' starts a private daemon)"
    private static let howToStart =
        "start one with 'parctl start', with 'systemctl --user start pard', or with 'pard --socket PATH'"
}

/// What an errno means to whoever reads it.
enum SystemFault {
    /// The errno as libc says it, and what to do about it where that can be told: `Too many open files; raise 'ulimit -n'`.
    static func text(_ number: Int32) -> String {
        if number == EBADF { return "it is closed" }
        let text = SystemError.text(number)
        return advice(number).map { "\(text); \($0)" } ?? text
    }

    private static func advice(_ number: Int32) -> String? {
        switch number {
        case EMFILE: "raise the limit with 'ulimit -n', or close what is open"
        case ENFILE: "the whole system has too many files open"
        case ENOMEM, ENOBUFS: "there is no memory left, or 'ulimit -v' allows too little"
        case ENOSPC, EDQUOT: "make room on the disk, or write elsewhere"
        case EROFS: "write elsewhere"
        case EAGAIN: "there are too many processes or threads; see 'ulimit -u'"
        case EFBIG: "the file would be larger than 'ulimit -f' or its file system allows"
        default: nil
        }
    }
}
