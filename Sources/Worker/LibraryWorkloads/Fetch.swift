import Bytes
import CLibraries
import Catalogue
import Glibc
import Ledger
import Linux
import Workloads

/// Asks a server for something: for `download` by the address alone, for `api` with a method, headers and a body.
struct Fetch: Workload {
    private let client: HTTPClient?
    private let isDownload: Bool
    private let method: String
    private let limits: HTTPClient.Limits
    private let overwrites: Bool
    private let skipsExisting: Bool
    /// Where bodies are kept; nil for nowhere.
    private let directory: String?

    /// - Parameters:
    ///   - isDownload: whether it is one of `download` rather than of `api`.
    ///   - client: nil where libcurl is missing: every task fails then.
    init(_ arguments: JobArguments, isDownload: Bool, by client: HTTPClient?) {
        self.client = client
        self.isDownload = isDownload
        let methods = WebMethod.names
        let place = Int(arguments.number("method"))
        method = !isDownload && methods.indices.contains(place) ? methods[place] : "GET"
        overwrites = arguments.flag("overwrite")
        skipsExisting = arguments.flag("skip-existing")
        // A time below a millisecond would be none.
        func milliseconds(_ name: String) -> UInt64 { max(1, UInt64(clamping: arguments.number(name)) / 1_000_000) }
        limits = HTTPClient.Limits(
            bytes: UInt64(clamping: arguments.number("max-size")), connectMilliseconds: milliseconds("connect-timeout"),
            milliseconds: milliseconds("max-time"))
        let output = arguments.text("output")
        directory = output.isEmpty ? nil : output
    }

    /// - Returns: the bytes of the body.
    mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        var detail = FetchDetail()
        defer { task.tell(detail) }
        guard let client else { throw TaskFailure(FetchFailure.load) }
        // A download has the URL; what an API is asked has the URL, a body and headers. The file's name comes last.
        var words = Array(task.input)
        let name =
            directory == nil || words.count < (isDownload ? 2 : 3) ? nil : words.popLast().map { String(cBytes: $0) }
        guard let url = words.first else { throw TaskFailure(FetchFailure.request) }
        if let fault = WebAddress.fault(in: String(cBytes: url)) {
            task.explain("the URL \(fault)")
            throw TaskFailure(FetchFailure.request)
        }
        if skipsExisting, let directory, let name, DownloadFile.isThere(name, in: directory) { return 0 }
        let body = isDownload ? nil : words.dropFirst().first.flatMap { $0.pointee == 0 ? nil : $0 }
        let request = HTTPClient.Request(
            url: url, method: method, headers: isDownload ? [] : Array(words.dropFirst(2)), body: body, limits: limits)
        guard let directory, let name else {
            try take(client.fetch(request, into: -1, unless: task.cancellation), &detail, task)
            return detail.bytes
        }
        let file = try DownloadFile(
            name, in: directory, of: task, overwriting: overwrites)
        try take(client.fetch(request, into: file.descriptor, unless: task.cancellation), &detail, task)
        try file.keep()
        return detail.bytes
    }

    /// Notes what came, and fails where that is not what was asked for.
    private func take(
        _ response: par_response, _ detail: inout FetchDetail, _ task: TaskContext
    ) throws(TaskFailure) {
        detail.status = Int64(max(0, response.status))
        detail.redirects = Int64(response.redirects)
        detail.connections = Int64(response.connections)
        detail.bytes = Int64(clamping: response.bytes)
        detail.lookup = Int64(clamping: response.lookup_ns)
        detail.connect = Int64(clamping: response.connect_ns)
        detail.tls = Int64(clamping: response.tls_ns)
        detail.firstByte = Int64(clamping: response.first_byte_ns)
        switch Int(response.end) {
        case PAR_FETCHED: if response.status >= 400 { throw TaskFailure(FetchFailure.status, code: response.status) }
        case PAR_FETCH_CANCELLED: throw .cancelled
        case PAR_FETCH_TOO_LARGE: throw TaskFailure(FetchFailure.size)
        case PAR_FETCH_NOT_WRITTEN: throw TaskFailure(FetchFailure.write, .init(rawValue: response.write_errno))
        default:
            task.explain(
                withUnsafeBytes(of: response.error) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
            throw TaskFailure(FetchFailure.request)
        }
    }
}

/// What `download` and `api` tell of a task beside its record, in the order of their definitions' columns. Times are
/// nanoseconds since the request's beginning, over all redirects together; 0 for what did not happen.
struct FetchDetail: BitwiseCopyable {
    /// HTTP's status; 0 without a response.
    var status: Int64 = 0
    /// Of the body.
    var bytes: Int64 = 0
    var redirects: Int64 = 0
    /// Connections that had to be made; 0 where one that was open did.
    var connections: Int64 = 0
    /// Until the name was looked up.
    var lookup: Int64 = 0
    /// Until the connection was there.
    var connect: Int64 = 0
    /// Until TLS was agreed on.
    var tls: Int64 = 0
    var firstByte: Int64 = 0
}
