import CLibraries
import Catalogue

/// libcurl in this process.
struct Curl: Sendable {
    /// Ready for use in this process; nil where it is missing. Not to be asked for in a zygote.
    static let shared: Curl? = load() && par_curl_start() == 0 ? Curl() : nil

    /// Loads it where that has not been done: in a zygote before the first fork, so that workers find it there.
    ///
    /// - Returns: whether it is there. A worker looks again, as it may have been installed since its zygote did.
    @discardableResult
    static func load() -> Bool { par_curl_load(Library.curl.file) == 0 }
}
