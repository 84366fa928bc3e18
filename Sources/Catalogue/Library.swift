/// A shared library that workloads need, and that a worker has loaded before it is ready.
public enum Library: UInt32, Sendable, CaseIterable {
    /// None: the worker's program is static and can't load any.
    case none = 0
    /// libcurl, for what goes over HTTP.
    case curl = 1
    /// OpenBLAS, for products of matrices.
    case blas = 2

    /// Those that are libraries.
    public static var loadable: [Library] { allCases.filter { $0 != .none } }

    /// As pools and the zygote's program are told of it.
    public var name: String { String(describing: self) }

    /// What the dynamic linker is asked for.
    public var file: String {
        switch self {
        case .none: ""
        case .curl: "libcurl.so.4"
        case .blas: "libopenblas.so.0"
        }
    }

    /// Debian's package that brings it.
    public var package: String {
        switch self {
        case .none: ""
        case .curl: "libcurl4"
        case .blas: "libopenblas0"
        }
    }
}
