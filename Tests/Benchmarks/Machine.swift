import Glibc
import Linux

/// Where the figures come from.
struct Machine: Encodable {
    let kernel: String
    let processors: Int
    /// Mean number of running tasks in the minute before. Above 1 before the start, others were at work, too.
    let load: Double

    init() {
        var name = utsname()
        uname(&name)
        kernel = withUnsafeBytes(of: name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        processors = Processors.available
        var loads = [0.0]
        load = getloadavg(&loads, 1) == 1 ? loads[0] : -1
    }

    /// The kernel's version without what a host's own adds to it: 6.18.
    var version: String { kernel.split(separator: ".").prefix(2).joined(separator: ".") }

    var text: String { "\(processors) processors, Linux \(kernel), load \(load)" }
}
