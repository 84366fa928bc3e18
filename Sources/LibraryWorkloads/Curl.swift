import CLibraries
import Catalogue

/// libcurl in this process.
struct Curl: Sendable {
    /// Whether it could be loaded. In a zygote it is asked for before the first fork, so that workers find it there.
    static let isLoaded = par_curl_load(Library.curl.file) == 0

    /// Ready for use in this process; nil where it is missing.
    static let shared: Curl? = isLoaded && par_curl_start() == 0 ? Curl() : nil
}
