extension Definition {
    public static let python = Definition(
        "python",
        summary: "call a function of your own Python module or file for each of many items",
        text: """
            A task calls a function with an item, in workers of the caller's own python3, which have the module loaded \
            already: a warm worker calls the function at once. They run where the caller is, with his variables; another \
            interpreter, a changed source or a changed variable that the modules have read makes new workers, and the receipt \
            says which. Items are texts, or JSON with --json-items; without any, the function is called without an argument. \
            Results are printed as they come, one a line in the order of the items: as JSON, or where there is none as \
            'repr:' and what repr() says. An exception fails its task alone. On threads the function has to be fit for being called on several \
            at a time; one that crashes or exits takes its worker process with it, and the tasks that this one was at are run \
            again, up to three times.
            """,
        unit: "bytes", runtime: RuntimeName.python, input: .argument,
        options: [
            Option("preload", .text, in: 0...4096, "modules to be loaded before the workers are made, as a,b"),
            Option("python", .text, in: 0...4096, "the interpreter (default: the python3 in PATH)"),
            Option("json-items", .flag, "items are JSON, rather than texts"),
            Option(
                "timeout", .duration, default: "0", in: 0...longestTime, "how long each task may take; 0: for ever"),
            Option("retries", .count, default: "1", in: 1...1000, "how often a function that fails is called in all"),
            Option(
                "max-tasks-per-worker", .count, default: "0", in: 0...1_000_000_000,
                "after how many tasks another process takes a worker's place; 0: never"),
            Option(
                "result-limit", .size, default: "128MiB", in: 0...1 << 31, "the largest result of one task, in bytes"),
            Option(
                "results-limit", .size, default: "128MiB", in: 4096...1 << 35,
                "the most that all results may come to, for which the run keeps room"),
            Option("results", oneOf: ["json", "pickle"], "how results are handed back"),
            Option(
                "function", .text, in: 0...4096, "a file's path or a module's name, a colon and the function's name"),
        ],
        detail: Detail(
            columns: [
                Column("stdout_bytes", "bytes"), Column("stderr_bytes", "bytes"),
                Column("stdout_offset", role: .hidden), Column("stderr_offset", role: .hidden),
            ]),
        failures: PythonFailure.kinds,
        examples: [
            "python ./article.py:cpu_heavy --processes 2 --json-items 500000 500000",
            "python json:loads --threads 2 --from lines.txt",
            "python ./mine.py:work --preload numpy,pandas --python .venv/bin/python --from items.txt --tag",
        ])
}

/// Why tasks of `python` fail. The first ones are those of `native`, by the same numbers: one code calls both.
public enum PythonFailure: UInt16, FailureTable {
    case exception = 1
    case function
    case resultSize = 4
    /// There is no room left for a result.
    case results
    case timeout

    public var text: String {
        switch self {
        case .exception: "an exception"
        case .function: "the function can't be called"
        case .resultSize: "the result is larger than --result-limit"
        case .results: "the run's results are more than --results-limit, or than the daemon has room for"
        case .timeout: "the task took longer than its timeout, could not be interrupted, and was ended with its worker"
        }
    }

    public var code: FailureKind.Code {
        self == .exception ? .words : .none
    }
}
