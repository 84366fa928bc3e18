import CLibraries
import Linux
import Workers

/// libcurl in this process.
struct Curl: Sendable {
    private static let file = "libcurl.so.4"

    /// Ready for use in this process; nil where it can't be used. Not to be asked for in a zygote.
    static let shared: Curl? = par_curl_load(file) == 0 && par_curl_start() == 0 ? Curl() : nil

    /// Loads it: in a zygote before the first fork, so that workers find it there.
    static func prepare() throws(RuntimeFault) {
        do {
            _ = try LibraryLoading.open(file)
        } catch {
            throw RuntimeFault("\(error); install Debian's package libcurl4")
        }
        guard par_curl_load(file) == 0 else { throw RuntimeFault("\(file) lacks functions that are needed") }
    }
}

/// One worker's way to HTTP servers: connections stay open from one task to the next, and from one job to the next.
final class HTTPClient {
    private let client: OpaquePointer

    /// Nil where libcurl is missing, or memory.
    init?() {
        guard Curl.shared != nil, let client = par_client_new() else { return nil }
        self.client = client
    }

    deinit {
        par_client_free(client)
    }

    /// What to ask for.
    struct Request {
        let url: UnsafePointer<CChar>
        let method: String
        let headers: [UnsafePointer<CChar>]
        let body: UnsafePointer<CChar>?
        let limits: Limits
    }

    /// How much and how long a response may be.
    struct Limits {
        /// Of the body.
        let bytes: UInt64
        let connectMilliseconds: UInt64
        /// For the whole of it, redirects included.
        let milliseconds: UInt64
    }

    /// How many redirects are followed: as many as browsers do, about.
    private static let redirectLimit: UInt32 = 20

    /// Sees a request through.
    ///
    /// - Parameters:
    ///   - file: where the body goes; -1 for nowhere.
    ///   - cancelled: not 0 once nobody waits for it.
    func fetch(_ request: Request, into file: Int32, unless cancelled: Futex.Word) -> par_response {
        var response = par_response()
        let headers: [UnsafePointer<CChar>?] = request.headers
        request.method.withCString { method in
            headers.withUnsafeBufferPointer { headers in
                var raw = par_request()
                raw.url = request.url
                raw.method = method
                raw.headers = headers.baseAddress
                raw.header_count = headers.count
                raw.body = request.body
                raw.limit_bytes = request.limits.bytes
                raw.connect_timeout_ms = request.limits.connectMilliseconds
                raw.timeout_ms = request.limits.milliseconds
                raw.redirect_limit = Self.redirectLimit
                raw.file = file
                raw.cancelled = UnsafeRawPointer(cancelled).assumingMemoryBound(to: UInt32.self)
                par_fetch(client, &raw, &response)
            }
        }
        return response
    }
}
