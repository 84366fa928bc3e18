import CSystemd
import Glibc

/// The journal, through libsystemd.
///
/// `sd_journal_sendv` blocks for as long as the journal's socket is full: it sends datagrams on a blocking socket, and
/// a journal that is stopped takes some hundred of them. It reports success when the socket isn't there, so that is
/// looked at first.
public struct JournalOutput: LogOutput {
    /// Where the journal takes entries (systemd-journald.service(8)).
    public static let socketPath = "/run/systemd/journal/socket"

    public init() {}

    public func write(_ entry: LogEntry) -> Bool {
        guard access(Self.socketPath, W_OK) == 0 else { return false }
        let lines = JournalFields(entry).lines.map { Array($0.utf8) }
        var bytes = Array(lines.joined())
        return bytes.withUnsafeMutableBytes { bytes in
            var end = 0
            let vectors = lines.map { line in
                defer { end += line.count }
                return iovec(iov_base: bytes.baseAddress.map { $0 + end }, iov_len: line.count)
            }
            return sd_journal_sendv(vectors, Int32(vectors.count)) == 0
        }
    }
}
