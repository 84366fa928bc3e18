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
    /// Where bodies are kept; nil for nowhere.
    private let directory: String?

    /// The places of the options that are numbers.
    private enum Number {
        /// Of `download`.
        static let overwrite = 0
        /// Of `api`.
        static let method = 0
        static let connectTimeout = 1
        static let maxTime = 2
        static let maxSize = 3
    }

    /// - Parameter client: nil where libcurl is missing: every task fails then.
    init(_ arguments: JobArguments, of workload: WorkloadID, by client: HTTPClient?) {
        self.client = client
        isDownload = workload == .download
        let methods = WebMethod.names
        let place = Int(arguments.number(Number.method))
        method = !isDownload && methods.indices.contains(place) ? methods[place] : "GET"
        overwrites = isDownload && arguments.number(Number.overwrite) != 0
        // A time below a millisecond would be none.
        func milliseconds(_ place: Int) -> UInt64 { max(1, UInt64(arguments.number(place)) / 1_000_000) }
        limits = HTTPClient.Limits(
            bytes: UInt64(arguments.number(Number.maxSize)), connectMilliseconds: milliseconds(Number.connectTimeout),
            milliseconds: milliseconds(Number.maxTime))
        let output = isDownload ? arguments.text : ""
        directory = output.isEmpty ? nil : output
    }

    /// - Returns: the bytes of the body.
    mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        var detail = FetchDetail()
        defer { task.detail.storeBytes(of: detail, as: FetchDetail.self) }
        guard let client else { throw TaskFailure(.load) }
        // A download has the URL and its file's name; what an API is asked has the URL, a body and headers.
        let words = Array(task.input)
        guard let url = words.first else { throw TaskFailure(.fetch) }
        if let fault = WebAddress.fault(in: String(cString: url)) {
            detail.reason = "the URL \(fault)"
            throw TaskFailure(.fetch)
        }
        let body = isDownload ? nil : words.dropFirst().first.flatMap { $0.pointee == 0 ? nil : $0 }
        let request = HTTPClient.Request(
            url: url, method: method, headers: isDownload ? [] : Array(words.dropFirst(2)), body: body, limits: limits)
        guard let directory, words.count > 1 else {
            try take(client.fetch(request, into: -1, unless: task.cancellation), &detail)
            return Int64(detail.bytes)
        }
        let file = try DownloadFile(
            String(cString: words[1]), in: directory, of: task, overwriting: overwrites)
        try take(client.fetch(request, into: file.descriptor, unless: task.cancellation), &detail)
        try file.keep()
        return Int64(detail.bytes)
    }

    /// Notes what came, and fails where that is not what was asked for.
    private func take(_ response: par_response, _ detail: inout FetchDetail) throws(TaskFailure) {
        detail.status = UInt32(max(0, response.status))
        detail.redirects = response.redirects
        detail.connections = response.connections
        detail.bytes = response.bytes
        detail.lookup = response.lookup_ns
        detail.connect = response.connect_ns
        detail.tls = response.tls_ns
        detail.firstByte = response.first_byte_ns
        switch Int(response.end) {
        case PAR_FETCHED: if response.status >= 400 { throw .status(response.status) }
        case PAR_FETCH_CANCELLED: throw TaskFailure(.none)
        case PAR_FETCH_TOO_LARGE: throw TaskFailure(.size)
        case PAR_FETCH_NOT_WRITTEN: throw TaskFailure(.write, .init(rawValue: response.write_errno))
        default:
            detail.reason = withUnsafeBytes(of: response.error) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw TaskFailure(.fetch)
        }
    }
}
