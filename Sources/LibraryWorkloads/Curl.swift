import CLibraries
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
