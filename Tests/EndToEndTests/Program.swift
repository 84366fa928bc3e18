import Foundation

/// The programs under test. They are built into the directory that the test bundle is in.
enum Program: String {
    case pard, parctl
    case leaseClient = "lease-client"

    struct NotFound: Error {}

    var path: String {
        get throws {
            // The bundle may be run by a program elsewhere; its own place is where it was mapped from.
            let maps = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
            guard let line = maps.split(separator: "\n").first(where: { $0.contains(".xctest") }),
                let bundle = line.split(separator: " ").last, let slash = bundle.lastIndex(of: "/")
            else { throw NotFound() }
            return bundle.prefix(through: slash) + rawValue
        }
    }
}
