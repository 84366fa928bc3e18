extension Definition {
    public static let dot = Definition(
        "dot",
        summary: "multiply two matrices with OpenBLAS, which has threads of its own",
        text: """
            A task computes C := A·B for matrices of N by N and returns its 2N³ floating-point operations. Before its first \
            task each worker fills matrices of its own and checks OpenBLAS on a small product; that time is in dispatch, not \
            in the task. OpenBLAS uses all cores for each product by default, so more workers gain nothing; with \
            --blas-threads 1 they do. The number is set for a whole process: of two runs at a time on the same threads, \
            each product takes the one that was set last, and the receipt shows which were used. Task CPU is that of the \
            workers, without OpenBLAS's own threads. A product can't be interrupted: a cancelled run's workers are killed \
            if it takes longer than cancel-grace.
            """,
        unit: "flop", runtime: RuntimeName.blas,
        options: [
            Option("size", .count, default: "1024", in: 1...16_384, "N, the rows and columns of each matrix"),
            Option("dtype", oneOf: ["f64", "f32"], "numbers of 64 or of 32 bits: f64 or f32"),
            Option(
                "blas-threads", .count, default: "0", in: 0...128,
                "threads for each product; 0 for OpenBLAS's own choice, which is all cores"),
        ],
        memory: Memory("memory of all matrices in bytes", bytes: matrixBytes),
        detail: Detail(columns: [
            Column(
                "blas_threads", "threads",
                summary: .init("BLAS threads", over: ["blas_threads"], parts: Column.Part.spread))
        ]),
        failures: DotFailure.kinds,
        examples: ["dot --size 512 --threads 2", "dot --size 2048 --dtype f32 --blas-threads 1 --processes 2"])

    /// Bytes of two factors and a product.
    @Sendable
    private static func matrixBytes(_ arguments: Arguments) -> Int {
        guard let size = arguments.number("size"), let dtype = arguments.number("dtype") else { return 0 }
        // The places of the choices: 64 bits, 32 bits.
        return 3 * size * size * (dtype == 0 ? 8 : 4)
    }
}

/// Why tasks of `dot` fail.
public enum DotFailure: UInt16, FailureTable {
    /// OpenBLAS is missing.
    case load = 1
    case compute, allocate

    public var text: String {
        switch self {
        case .load: "libopenblas.so.0 can't be used: install Debian's package libopenblas0, then recycle the pool"
        case .compute: "computing"
        case .allocate: "taking memory"
        }
    }

    public var code: FailureKind.Code { self == .load ? .none : .errno }
}
