import Bytes
import Glibc
import Linux

/// A file or a named pipe with a command's part of the input (`--cat`, `--fifo`), which is there as long as the command is.
final class PartFile {
    let path: String
    let isPipe: Bool

    /// What stands for its name where commands are shown, as GNU parallel shows it.
    static let variable = Array("$PARALLEL_TMP".utf8)

    /// Makes a file that holds `part`, or a named pipe that the command's shell is to write it to.
    init(_ part: [UInt8], isPipe: Bool) throws(CommandError) {
        self.isPipe = isPipe
        let folder = Environment.value("TMPDIR") ?? "/tmp"
        var name = Array("\(folder)/parXXXXXX".cBytes)
        let raw = mkstemp(&name)
        path = String(cBytes: name)
        guard raw >= 0 else { throw .exporting(path: path, errno: errno) }
        let file = Descriptor(owning: raw)
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        do throws(SystemError) {
            if isPipe {
                let path = path.cBytes
                try system("unlink") { unlink(path) }
                try system("mkfifo") { mkfifo(path, 0o600) }
            } else {
                try writeAll(file.raw, part)
            }
        } catch {
            unlink(path.cBytes)
            throw .exporting(path: path, errno: error.errno.rawValue)
        }
    }

    deinit { unlink(path.cBytes) }
}
