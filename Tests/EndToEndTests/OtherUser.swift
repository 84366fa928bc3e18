import Foundation
import Testing

/// A user of whom there are no other processes, as whom root can run the programs.
enum OtherUser {
    /// Whether there can be one: the programs may be where nobody else can read them.
    static let isPossible: Bool = {
        guard geteuid() == 0, let program = try? Program.pard.path,
            let child = try? Child(
                "/usr/bin/setpriv", words(541_000) + [program, "--version"], environment: ["PATH": "/usr/bin:/bin"])
        else { return false }
        return child.end() == .exit(0)
    }()
    static let why: Comment =
        "only root can be a user of whom there are no other processes, where that one can read the programs"

    /// What stands before a command line that is to be this user's.
    static func words(_ user: UInt32) -> [String] {
        ["--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"]
    }
}
