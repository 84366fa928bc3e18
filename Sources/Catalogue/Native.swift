extension Catalogue {
    static let native = Entry(
        .native,
        summary: "call a function of your own shared library for each of many inputs",
        detail: """
            A task calls a C function of a shared library, which gets its input as bytes and hands back bytes (the header \
            par.h says how; Swift, Rust and others that make C functions do as well). The library is loaded once for each pool \
            of workers, so a warm worker calls the function at once. On threads the function is called on several at a time \
            and has to be fit for that. A function that crashes, exits or is killed takes its worker process with it: the \
            tasks that this one was at are run again, up to three times. Results are printed one a line in the order of the \
            inputs. Inputs are words, lines of a file with --from or of standard input with -, or whatever ends with a NUL \
            with -0; without any, tasks are given nothing.
            """,
        unit: "bytes", library: .curl, input: .bytes,
        options: [
            Option("retries", .count, default: "1", in: 1...1000, "how often a function that fails is called in all"),
            Option(
                "result-limit", .size, default: "128MiB", in: 0...1 << 31, "the largest result of one task, in bytes"),
            Option(
                "results-limit", .size, default: "128MiB", in: 4096...1 << 35,
                "the most that all results may come to, for which the run keeps room"),
            Option("function", .path, in: 0...4096, "the library's path, a colon and the function's name"),
        ],
        clientOptions: [
            Option("from", .path, letter: "a", in: 1...4096, "read inputs from this file, one a line; - for input"),
            Option("null", .flag, letter: "0", "inputs that are read end with a NUL rather than with a line"),
            Option("tag", .flag, "begin each line with the input and a tab"),
            Option("output", .path, in: 1...4096, "put each result into a file of its own in this directory"),
            Option("quiet", .flag, letter: "q", "print no receipt"),
        ])
}
