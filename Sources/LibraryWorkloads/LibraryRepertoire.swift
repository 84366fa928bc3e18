public import Catalogue
public import Workers
public import Workloads

/// What the workers of the library zygotes can do.
public final class LibraryRepertoire: Repertoire {
    /// Of workers with libcurl; nil where that is missing.
    private let client: HTTPClient?
    /// Those of users' libraries that this worker is ready for.
    private let functions = Functions()

    public static func preload(_ library: Library) {
        // OpenBLAS starts threads when it is loaded.
        if library == .curl { Curl.load() }
    }

    public init(loading library: Library) {
        client = library == .curl ? HTTPClient() : nil
        if library == .blas { _ = BLAS.shared }
    }

    public func work(_ workload: WorkloadID, _ shift: consuming Shift, _ arguments: JobArguments) {
        switch workload {
        case .dot:
            // The places of the choices of --dtype.
            if arguments.number(1) == 0 { shift.run(Dot<Double>(arguments)) } else { shift.run(Dot<Float>(arguments)) }
        case .download, .api: shift.run(Fetch(arguments, of: workload, by: client))
        case .native: functions.work(shift, arguments)
        case .noop, .sleep, .cpu, .io, .exec: break
        }
    }
}
