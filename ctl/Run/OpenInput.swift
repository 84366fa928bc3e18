import Bytes
import Glibc
import Linux

/// A file of arguments, items or lines that is open to be read, or standard input.
struct OpenInput: ~Copyable {
    let descriptor: Int32
    /// What messages call it.
    let name: String
    /// The same, where it is to be closed in the end.
    private let file: Descriptor?

    /// Opens the file at `path`; standard input where that is `-`.
    ///
    /// - Parameter name: what messages call the file; nil for its path.
    init(_ path: String, named name: String? = nil) throws(CommandError) {
        let name = name ?? (path == "-" ? "standard input" : path)
        let raw = path == "-" ? STDIN_FILENO : open(path.cBytes, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw .input(path: name, reason: SystemFault.text(errno)) }
        self.name = name
        descriptor = raw
        file = path == "-" ? nil : Descriptor(owning: raw)
    }

    /// What is open already, and stays open.
    init(_ descriptor: Int32, named name: String) {
        self.descriptor = descriptor
        self.name = name
        file = nil
    }
}
