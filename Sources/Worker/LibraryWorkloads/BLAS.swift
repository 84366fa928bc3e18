import CLibraries
import Workers

/// OpenBLAS in this process.
struct BLAS: Sendable {
    private let functions: par_blas
    /// How many threads it chose for itself.
    let defaultThreads: Int

    private static let file = "libopenblas.so.0"

    /// Loaded once; nil where it can't be used. It starts its threads then.
    static let shared: BLAS? = {
        var functions = par_blas()
        guard par_blas_load(file, &functions) == 0 else { return nil }
        return BLAS(functions: functions, defaultThreads: Int(functions.get_num_threads()))
    }()

    /// Finds out whether workers can load it. A zygote can't, as it starts threads.
    static func prepare() throws(RuntimeFault) {
        do {
            _ = try LibraryLoading.startsThreads(file)
        } catch {
            throw RuntimeFault("\(error); install Debian's package libopenblas0")
        }
    }

    /// How many threads each product is computed on, anywhere in the process.
    var threads: Int {
        get { Int(functions.get_num_threads()) }
        nonmutating set { functions.set_num_threads(Int32(newValue)) }
    }

    /// `c := a·b` for matrices of `size` by `size`.
    func multiply(
        _ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>, into c: UnsafeMutablePointer<Double>, size: Int
    ) {
        let n = Int32(size)
        functions.dgemm(Self.rows, Self.plain, Self.plain, n, n, n, 1, a, n, b, n, 0, c, n)
    }

    /// `c := a·b` for matrices of `size` by `size`.
    func multiply(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, into c: UnsafeMutablePointer<Float>, size: Int
    ) {
        let n = Int32(size)
        functions.sgemm(Self.rows, Self.plain, Self.plain, n, n, n, 1, a, n, b, n, 0, c, n)
    }

    private static let rows = Int32(PAR_ROW_MAJOR)
    private static let plain = Int32(PAR_NO_TRANS)
}

/// Numbers that OpenBLAS multiplies matrices of.
protocol Element: BinaryFloatingPoint, BitwiseCopyable {
    static func multiply(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into c: UnsafeMutablePointer<Self>, size: Int, by blas: BLAS
    )
}

extension Double: Element {
    static func multiply(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into c: UnsafeMutablePointer<Self>, size: Int, by blas: BLAS
    ) {
        blas.multiply(a, b, into: c, size: size)
    }
}

extension Float: Element {
    static func multiply(
        _ a: UnsafePointer<Self>, _ b: UnsafePointer<Self>, into c: UnsafeMutablePointer<Self>, size: Int, by blas: BLAS
    ) {
        blas.multiply(a, b, into: c, size: size)
    }
}
