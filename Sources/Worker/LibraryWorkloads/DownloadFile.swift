import Bytes
import Catalogue
import Glibc
import Ledger
import Linux
import SystemPackage
import Workloads

/// A file that appears under its name once all of it is there.
struct DownloadFile: ~Copyable {
    private let path: String
    private let temporary: String
    private let overwrites: Bool
    private let file: Descriptor

    /// Makes it under another name. Throws where a file of its name is there, unless that is to be overwritten.
    init(_ name: String, in directory: String, of task: TaskContext, overwriting: Bool) throws(TaskFailure) {
        path = "\(directory)/\(name)"
        overwrites = overwriting
        // The parent is the daemon: no other daemon's job of the same number has this name.
        temporary = "\(directory)/.pard-\(ThisProcess.parent)-\(task.job)-\(task.task).part"
        if !overwriting, Self.isThere(name, in: directory) { throw TaskFailure(FetchFailure.exists) }
        // What an attempt whose worker died has left behind; the name belongs to this task alone.
        unlink(temporary.cBytes)
        let place = temporary.cBytes
        do {
            let flags = O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW
            file = Descriptor(owning: try system("open") { open(place, flags, 0o666) })
        } catch {
            throw TaskFailure(FetchFailure.create, error.errno)
        }
    }

    /// Whether there is something of that name.
    static func isThere(_ name: String, in directory: String) -> Bool {
        var status = stat()
        return lstat("\(directory)/\(name)".cBytes, &status) == 0
    }

    deinit {
        // Gone by now if it was kept.
        unlink(temporary.cBytes)
    }

    var descriptor: Int32 { file.raw }

    /// Gives the file its name.
    func keep() throws(TaskFailure) {
        let (from, to) = (temporary, path)
        do throws(SystemError) {
            if overwrites {
                try system("rename") { rename(from.cBytes, to.cBytes) }
            } else {
                try FileName.change(from, to: to)
            }
        } catch {
            throw error.errno == .fileExists
                ? TaskFailure(FetchFailure.exists) : TaskFailure(FetchFailure.create, error.errno)
        }
    }
}
