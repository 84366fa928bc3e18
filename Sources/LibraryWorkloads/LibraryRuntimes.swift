public import Catalogue
public import Workers
public import Workloads

/// The runtimes of workers that have a library loaded, by the first of the runtime's arguments: its name.
public final class LibraryRuntimes: RuntimeSupport {
    /// Of workers with libcurl; nil where that can't be used.
    private let client: HTTPClient?

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

    public func work(_ workload: WorkloadID, _ shift: consuming Shift, _ arguments: JobArguments) {
        switch workload {
        case .dot:
            // The places of the choices of --dtype.
            if arguments.number(1) == 0 { shift.run(Dot<Double>(arguments)) } else { shift.run(Dot<Float>(arguments)) }
        case .download, .api: shift.run(Fetch(arguments, of: workload, by: client))
        case .noop, .sleep, .cpu, .io, .exec: break
        }
    }
}
