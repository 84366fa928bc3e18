import Bytes
import Control
import Glibc
import Linux

/// Asks on the terminal whether a command is to be run (`--interactive`).
final class Prompt {
    private let terminal: Descriptor

    init() throws(CommandError) {
        let raw = open("/dev/tty", O_RDONLY | O_CLOEXEC | O_NOCTTY)
        guard raw >= 0 else {
            throw .usage(
                "exec: --interactive needs a terminal to ask on: \(SystemFault.text(errno))",
                help: "parctl run exec --help")
        }
        terminal = Descriptor(owning: raw)
    }

    /// Whether the answer begins with y or Y.
    ///
    /// - Parameter line: the command as it is shown.
    func isWanted(_ line: String, _ interruption: Interruption) throws -> Bool {
        StandardError.write("\(line) ?...")
        var answer: [UInt8] = []
        while answer.last != UInt8(ascii: "\n") {
            guard try interruption.wait(for: POLLIN, of: terminal.raw, milliseconds: -1) else {
                if interruption.isAsked { return false }
                continue
            }
            var byte: UInt8 = 0
            guard read(terminal.raw, &byte, 1) == 1 else { break }
            answer.append(byte)
        }
        let first = answer.first { $0 != 0x20 && $0 != 0x09 }
        return first == UInt8(ascii: "y") || first == UInt8(ascii: "Y")
    }
}

extension CommandRecord {
    /// The exit code of a command that was asked about and not run, as GNU parallel notes it: it counts as failed, so that
    /// `--resume-failed` asks again.
    static let unwanted = -2
}
