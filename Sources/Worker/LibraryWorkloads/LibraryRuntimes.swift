import Catalogue
public import Workers
public import Workloads

/// The runtimes of workers that have a library loaded, by the first of the runtime's arguments: its name.
public final class LibraryRuntimes: RuntimeSupport {
    /// Of workers with libcurl; nil where that can't be used.
    private let client: HTTPClient?
    /// Of workers with a user's library: the functions that this one is ready for.
    private let functions = Functions()

    /// Which of them this process is of.
    private enum Kind: String {
        case curl, blas, plugin
    }

    // Set by `prepare`, while the process has one thread.
    private nonisolated(unsafe) static var kind: Kind?

    public static func prepare(_ arguments: [String]) throws(RuntimeFault) {
        guard let name = arguments.first, let kind = Kind(rawValue: name) else {
            throw RuntimeFault("this program has no runtime \(arguments.first ?? "")")
        }
        self.kind = kind
        switch kind {
        case .curl: try Curl.prepare()
        case .blas: try BLAS.prepare()
        case .plugin: try Plugin.prepare(Array(arguments.dropFirst()))
        }
    }

    public init() {
        client = Self.kind == .curl ? HTTPClient() : nil
        switch Self.kind {
        case .blas: _ = BLAS.shared
        case .plugin: _ = Plugin.library
        case .curl, nil: break
        }
    }

    public func work(_ workload: String, _ loop: consuming TaskLoop, _ arguments: JobArguments) {
        switch workload {
        case Definition.dot.name:
            // The places of the choices of --dtype.
            if arguments.number("dtype") == 0 {
                loop.run(Dot<Double>(arguments))
            } else {
                loop.run(Dot<Float>(arguments))
            }
        case Definition.download.name: loop.run(Fetch(arguments, isDownload: true, by: client))
        case Definition.api.name: loop.run(Fetch(arguments, isDownload: false, by: client))
        case Definition.native.name: functions.work(loop, arguments)
        default: break
        }
    }
}
