import Catalogue
import Ledger
import Workloads

/// Multiplies two matrices with OpenBLAS.
struct Dot<Number: Element>: Workload {
    private let threads: Int
    private let state: Result<Ready, TaskFailure>

    /// What a worker has before its first task.
    private struct Ready {
        let blas: BLAS
        let matrices: Matrices<Number>
    }

    /// The size of the product that is checked: not a multiple of any vector's.
    private static var checkedSize: Int { 37 }

    init(_ arguments: JobArguments) {
        let wanted = Int(arguments.number("blas-threads"))
        guard let blas = BLAS.shared else {
            threads = wanted
            state = .failure(TaskFailure(DotFailure.load))
            return
        }
        threads = wanted == 0 ? blas.defaultThreads : wanted
        Self.set(threads, of: blas)
        do {
            let small = try Matrices<Number>(size: Self.checkedSize)
            small.multiply(by: blas)
            guard small.isProduct else {
                state = .failure(TaskFailure(DotFailure.compute))
                return
            }
            state = .success(Ready(blas: blas, matrices: try Matrices(size: Int(arguments.number("size")))))
        } catch {
            state = .failure(TaskFailure(DotFailure.allocate, error.errno))
        }
    }

    /// One product, which can't be interrupted.
    mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        // The one column: threads that OpenBLAS had for the product.
        var threadsUsed: Int64 = 0
        defer { task.tell(threadsUsed) }
        let ready = try state.get()
        // Another job on a thread of this process may have set another number.
        Self.set(threads, of: ready.blas)
        ready.matrices.multiply(by: ready.blas)
        threadsUsed = Int64(ready.blas.threads)
        let size = Int64(ready.matrices.size)
        return 2 * size * size * size
    }

    /// Setting the number takes a lock, reading it does not.
    private static func set(_ threads: Int, of blas: BLAS) {
        if blas.threads != threads { blas.threads = threads }
    }
}
