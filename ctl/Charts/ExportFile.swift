import Glibc
import Linux

/// A file that a chart goes to: opened before anything is run, written when all has been.
///
/// What the file held stays there until then, and a file that was not there before is taken away again where nothing comes
/// of the run.
struct ExportFile: ~Copyable {
    /// As typed; `-` is standard output.
    let path: String
    private let descriptor: Int32
    /// Nil for standard output.
    private let file: Descriptor?
    private let isNew: Bool
    private var isBegun = false

    /// Opens `path` for writing. Throws ``CommandError/export(path:errno:)``.
    init(_ path: String) throws(CommandError) {
        self.path = path
        guard path != "-" else {
            descriptor = STDOUT_FILENO
            file = nil
            isNew = false
            return
        }
        let made = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        isNew = made >= 0
        descriptor = made >= 0 || errno != EEXIST ? made : open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .export(path: path, errno: errno) }
        file = Descriptor(owning: descriptor)
    }

    deinit {
        if isNew, !isBegun { unlink(path) }
    }

    /// Writes `bytes`; the first time, in place of what the file held. Throws ``CommandError/exporting(path:errno:)``.
    mutating func write(_ bytes: [UInt8]) throws(CommandError) {
        if !isBegun {
            isBegun = true
            // Pipes and devices have no length to take away.
            if path != "-", ftruncate(descriptor, 0) != 0, errno != EINVAL {
                throw .exporting(path: path, errno: errno)
            }
        }
        do throws(SystemError) {
            try writeAll(descriptor, bytes)
        } catch {
            let number = error.errno.rawValue
            throw path == "-" ? .output(errno: number) : .exporting(path: path, errno: number)
        }
    }
}
