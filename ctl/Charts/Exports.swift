import Bytes
import Glibc
import Linux
import Report

/// The files that a command's charts go to, all of them open.
struct Exports: ~Copyable {
    private var svg: ExportFile?
    private var html: ExportFile?
    private var trace: ExportFile?

    /// Opens every file that `options` name. Throws ``CommandError/export(path:errno:)`` for the first that can't be written.
    init(_ options: Charts) throws(CommandError) {
        svg = nil
        html = nil
        trace = nil
        if let path = options.svg { svg = try ExportFile(path) }
        if let path = options.html { html = try ExportFile(path) }
        if let path = options.trace { trace = try ExportFile(path) }
    }

    /// Writes `page` and its runs' timelines. One file that can't be written doesn't keep the others from being; throws the
    /// first ``CommandError``.
    mutating func write(_ page: Page) throws(CommandError) {
        var first: CommandError?
        if svg != nil {
            do { try svg?.write(Array(TimelineSVG(page.runs, title: page.title).text.utf8)) } catch { first = error }
        }
        if html != nil {
            do { try html?.write(Array(page.text.utf8)) } catch { first = first ?? error }
        }
        if trace != nil {
            do { try writeTrace(page.runs) } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    private mutating func writeTrace(_ runs: [RecordedRun]) throws(CommandError) {
        try TraceEvents(runs).write { (bytes: [UInt8]) throws(CommandError) in try trace?.write(bytes) }
    }
}

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
        let made = open(path.cBytes, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
        isNew = made >= 0
        descriptor = made >= 0 || errno != EEXIST ? made : open(path.cBytes, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .export(path: path, errno: errno) }
        file = Descriptor(owning: descriptor)
    }

    deinit {
        if isNew, !isBegun { unlink(path.cBytes) }
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
