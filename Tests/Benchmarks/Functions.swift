import Control
import Glibc
import Linux

/// Functions of users' own that do nothing: what calling them costs beside tasks that are in the program itself, and beside
/// Python's own pools. Wall time a task on two workers, from the daemon's having the run to its receipt.
enum Functions {
    private static let calls = 1_000_000
    private static let pythonCalls = 200_000
    private static let workers = 2
    /// The part of a task on two workers that is allowed to a function of Python's.
    private static let pythonBound = 75.0

    static func rows(_ bench: Bench) throws -> [Row] {
        try native(bench) + python(bench)
    }

    private static let shapes: [(name: String, threads: Int?, processes: Int?)] = [
        ("threads", workers, nil), ("processes", nil, workers),
    ]

    /// Where the library of the functions is, which is compiled once; nil without a compiler.
    static func library(_ bench: Bench) throws -> String? {
        let library = bench.daemon.directory + "/libnative.so"
        if access(library, R_OK) == 0 { return library }
        guard let compiler = Environment.find("cc") else {
            complain("cc is not here: native functions are left out")
            return nil
        }
        _ = bench.daemon.path("libnative.so")
        // The benchmarks are run where the sources are.
        let compiling = try Program(
            path: compiler,
            arguments: [
                "-O2", "-D_DEFAULT_SOURCE", "-shared", "-fPIC", "-I", "Sources/Worker/CPar/include", "-o", library,
                "Tests/Examples/faults.c",
            ], environment: .ofThisProcess, descriptors: []
        ).spawn()
        var status: Int32 = 0
        guard waitpid(compiling, &status, 0) == compiling, status == 0 else {
            throw Bench.Missing(description: "Tests/Examples/faults.c can't be compiled")
        }
        return library
    }

    private static func native(_ bench: Bench) throws -> [Row] {
        guard let library = try library(bench) else { return [] }
        return shapes.map { shape in
            Row(
                "12 a million calls of a native function, \(shape.name)", targets: [.atMost(1.3, times: "noop")],
                [
                    run(
                        bench, "par",
                        Run.Request(
                            workload: "native", arguments: ["function": library + ":nothing"],
                            processes: shape.processes, threads: shape.threads, tasks: calls)),
                    run(
                        bench, "noop",
                        Run.Request(
                            workload: "noop", processes: shape.processes, threads: shape.threads, tasks: calls)),
                ])
        }
    }

    private static func python(_ bench: Bench) throws -> [Row] {
        guard let interpreter = Environment.find("python3") else { return [] }
        let source = bench.daemon.path("nothing.py")
        try writeFile(source, "def nothing():\n    return None\n")
        let context = Context(directory: "/", umask: 0o22, environment: ["PATH=/usr/bin:/bin"])
        return shapes.map { shape in
            let (peer, kind) =
                shape.processes == nil
                ? ("ThreadPoolExecutor.map", "thread") : ("ProcessPoolExecutor.map", "process")
            return Row(
                "13 200,000 calls of a Python function, \(shape.name)",
                targets: shape.processes == nil ? [] : [.under(pythonBound), .faster(2, than: peer)],
                [
                    run(
                        bench, "par",
                        Run.Request(
                            workload: "python",
                            arguments: ["function": source + ":nothing", "python": interpreter],
                            processes: shape.processes, threads: shape.threads, tasks: pythonCalls, context: context)),
                    bench.python(peer) {
                        try $0.ask("map", "1", kind, "\(pythonCalls)", "1000").map { $0 / Double(pythonCalls) }
                    },
                ])
        }
    }

    /// A run's time a task; workers are there before it is taken.
    private static func run(_ bench: Bench, _ name: String, _ request: Run.Request) -> Contestant {
        Contestant(name) {
            var warming = request
            warming.tasks = workers
            _ = try bench.daemon.elapsed(warming)
            return try (0..<bench.samples(3)).map { _ in
                try bench.daemon.elapsed(request) / Double(request.tasks ?? 1)
            }
        }
    }

    private static func writeFile(_ path: String, _ text: String) throws {
        let raw = try system("open") { open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600) }
        let file = Descriptor(owning: raw)
        try writeAll(file.raw, Array(text.utf8))
    }
}
