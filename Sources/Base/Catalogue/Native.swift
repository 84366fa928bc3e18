extension Definition {
    public static let native = Definition(
        "native",
        summary: "call a function of your own shared library for each of many inputs",
        text: """
            A task calls a C function of a shared library, which gets its input as bytes and hands back bytes (the header \
            par.h says how; Swift, Rust and others that make C functions do as well). The library is loaded once for each pool \
            of workers, so a warm worker calls the function at once. On threads the function is called on several at a time \
            and has to be fit for that. A function that crashes, exits or is killed takes its worker process with it: the \
            tasks that this one was at are run again, up to three times. With --timeout a call that takes \
            longer is told to end (par_is_cancelled); if it does not, its worker process is killed. Its task fails, and is not \
            run again, but other calls on threads of that process are: a function that may hang is better off on processes. \
            Results are printed as they come, one a line in the order of the \
            inputs. Inputs are words, lines of a file with --from or of standard input with -, or whatever ends with a NUL \
            with -0; without any, tasks are given nothing.
            """,
        unit: "bytes", runtime: RuntimeName.plugin, input: .bytes,
        options: [
            Option(
                "timeout", .duration, default: "0", in: 0...longestTime, "how long each call may take; 0: for ever"),
            Option("retries", .count, default: "1", in: 1...1000, "how often a function that fails is called in all"),
            Option(
                "result-limit", .size, default: "128MiB", in: 0...1 << 31, "the largest result of one task, in bytes"),
            Option(
                "results-limit", .size, default: "128MiB", in: 4096...1 << 35,
                "the most that all results may come to, for which the run keeps room"),
            Option("function", .text, in: 0...4096, "the library's path, a colon and the function's name"),
        ],
        failures: NativeFailure.kinds,
        examples: [
            "native ./libshout.so:shout --threads 2 hello world", "native ./libmine.so:work --from items.txt --tag",
            "native ./libmine.so:work --processes 2 --output results -0 -",
        ])
}

/// Why tasks of `native` fail.
public enum NativeFailure: UInt16, FailureTable {
    case function = 1
    /// The function that gets a worker ready for the one that is called.
    case setUp
    case symbol
    case resultSize
    /// There is no room left for a result.
    case results
    case timeout
    /// Starting what watches over timeouts.
    case watch

    public var text: String {
        switch self {
        case .function: "the function returned"
        case .setUp: "getting the worker ready for the function: its _setup returned"
        case .symbol: "the library can't be loaded by the worker, or has no such function"
        case .resultSize: "the result is larger than --result-limit"
        case .results: "the run's results are more than --results-limit, or than the daemon has room for"
        case .timeout: "the call took longer than its timeout"
        case .watch: "starting the thread that watches over the timeout"
        }
    }

    public var code: FailureKind.Code {
        switch self {
        case .function, .setUp: .signed
        case .symbol, .resultSize, .results, .timeout: .none
        case .watch: .errno
        }
    }
}
