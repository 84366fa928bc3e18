public import Catalogue
public import Workers
public import Workloads

/// What the workers of the library zygotes can do.
public final class LibraryRepertoire: Repertoire {
    public static func preload(_ library: Library) {
        // OpenBLAS starts threads when it is loaded.
        if library == .curl { _ = Curl.isLoaded }
    }

    public init(loading library: Library) {
        switch library {
        case .none: break
        case .curl: _ = Curl.shared
        case .blas: _ = BLAS.shared
        }
    }

    public func work(_ workload: WorkloadID, _ shift: consuming Shift, _ arguments: JobArguments) {
        switch workload {
        case .dot:
            // The places of the choices of --dtype.
            if arguments.number(1) == 0 { shift.run(Dot<Double>(arguments)) } else { shift.run(Dot<Float>(arguments)) }
        case .noop, .sleep, .cpu, .io, .exec: break
        }
    }
}
