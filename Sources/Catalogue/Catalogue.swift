/// Every workload there is. Help, completions, `parctl workloads` and the daemon's checks all read it.
public enum Catalogue {
    public static let entries = [noop, sleep, cpu, io, dot, exec, download, api]

    /// The entry called `name`, or nil.
    public static func entry(named name: String) -> Entry? {
        entries.first { $0.name == name }
    }

    private static let noop = Entry(
        .noop,
        summary: "do nothing: what is left is the cost of handing a task to a worker",
        detail: """
            A task returns at once. Its time is that of claiming it and stamping its record, so this shows what the pools \
            themselves cost a task.
            """)

    private static let sleep = Entry(
        .sleep,
        summary: "wait: a stand-in for a remote call",
        detail: """
            A task blocks its worker without using the processor, so tasks overlap as far as there are workers, whatever the \
            number of cores.
            """,
        options: [
            Option("for", .duration, default: "10ms", in: 0...3_600_000_000_000, "how long each task waits")
        ])

    private static let cpu = Entry(
        .cpu,
        summary: "add up 0, 1, 2 and so on, one by one: pure computation",
        detail: """
            A task adds the numbers below N in a loop of N dependent additions that no compiler may shorten, and returns the \
            sum, which is checked. It needs a core for all of its time: more workers than cores gain nothing.
            """,
        unit: "sum",
        options: [
            Option("iterations", .count, default: "5000000", in: 0...1_000_000_000_000, "additions in each task")
        ])

    private static let io = Entry(
        .io,
        summary: "write a text file, and read it back if asked",
        detail: """
            A task creates a file of its own in the directory, writes text of the given size, checks the file's length and \
            removes it. Without --fsync the kernel's page cache takes the writes, so the time is mostly that of copying \
            memory; with it, that of the disk. --read reads the file back, as a rule from the page cache too, and checks \
            every byte. The daemon's user must be able to write in the directory. With --same-file all tasks of the run \
            truncate and write one file instead, at the same time and over each other, so nothing in it can be checked; it \
            is removed at the end.
            """,
        unit: "bytes",
        options: [
            Option("size", .size, default: "8MiB", in: 0...17_179_869_184, "size of each file"),
            Option("read", .flag, "read the file back and check it"),
            Option("fsync", .flag, "wait until the file is on the disk"),
            Option("same-file", .flag, "have all tasks write one file, which is not checked, rather than one each"),
            Option("dir", .path, in: 0...1024, "directory for the files (default: the daemon's temporary directory)"),
        ])

    private static let dot = Entry(
        .dot,
        summary: "multiply two matrices with OpenBLAS, which has threads of its own",
        detail: """
            A task computes C := A·B for matrices of N by N and returns its 2N³ floating-point operations. Before its first \
            task each worker fills matrices of its own and checks OpenBLAS on a small product; that time is in dispatch, not \
            in the task. OpenBLAS uses all cores for each product by default, so more workers gain nothing; with \
            --blas-threads 1 they do. The number is set for a whole process: of two runs at a time on the same threads, \
            each product takes the one that was set last, and the receipt shows which were used. Task CPU is that of the \
            workers, without OpenBLAS's own threads. A product can't be interrupted: a cancelled run's workers are killed \
            if it takes longer than cancel-grace.
            """,
        unit: "flop", runtime: "blas",
        options: [
            Option("size", .count, default: "1024", in: 1...16_384, "N, the rows and columns of each matrix"),
            Option("dtype", oneOf: ["f64", "f32"], "numbers of 64 or of 32 bits: f64 or f32"),
            Option(
                "blas-threads", .count, default: "0", in: 0...128,
                "threads for each product; 0 for OpenBLAS's own choice, which is all cores"),
        ])

    private static let exec = Entry(
        .exec,
        summary: "run a command for each of many arguments",
        detail: """
            A task runs a program with its arguments, without a shell, in the caller's directory and with the caller's \
            environment and umask, in a process group of its own, and keeps what it writes apart from all others. Its \
            start-up (spawn, from asking for a process to the program being in it) is told apart from the command's own \
            time, and its CPU time and memory are the kernel's own figures (memory only where it is more than the worker \
            itself has had: the kernel can't tell less). It fails when the command's exit code is not 0. On timeout or \
            cancellation the whole group gets SIGTERM and soon after SIGKILL. What a command leaves running in the \
            background loses its output when the command ends. A command is a child of the daemon's worker: priority, \
            resource limits and control group are the daemon's.
            """,
        rerun: false, input: .command,
        options: [
            Option("timeout", .duration, default: "0", in: 0...longest, "how long each command may take; 0: for ever"),
            Option("retries", .count, default: "1", in: 1...1000, "how often a command that fails is tried in all"),
            Option(
                "output-limit", .size, default: "1GiB", in: 0...1 << 40,
                "how much each command may write to each of its two outputs"),
        ],
        clientOptions: [
            Option(
                "arg-file", .path, letter: "a", in: 1...4096,
                "read the arguments from this file, one a line; - for input"),
            Option("null", .flag, letter: "0", "arguments that are read end with a NUL rather than with a line"),
            Option("keep-order", .flag, letter: "k", "print what commands write in the order of the arguments"),
            Option("tag", .flag, "begin each line with the argument and a tab"),
            Option("shell", .flag, "have /bin/sh run the command, with each argument quoted"),
            Option("dry-run", .flag, "print the commands, and run none"),
            Option("joblog", .path, in: 1...4096, "write a line for each command that has ended into this file, anew"),
            Option("resume", .flag, "leave out the commands that the joblog knows, and go on with it"),
            Option("resume-failed", .flag, "as --resume, but run again those of them that failed"),
            Option("quiet", .flag, letter: "q", "print no receipt"),
        ])

    private static let download = Entry(
        .download,
        summary: "get what is at each of many URLs",
        detail: """
            A task gets one URL over HTTP or HTTPS with libcurl, follows redirects, checks certificates, and throws the body \
            away or, with --output, keeps it under the last part of the URL's path. A name that comes twice gets a number at \
            its end, and a file that is there stays unless --overwrite is given. Each worker keeps its connections open for \
            the next task and the next run, so a warm worker may need no connecting; the receipt counts the new ones. Times \
            until the name was looked up, the connection and TLS were there and the first byte came are curl's, from the \
            request's beginning. A task fails with curl's own reason, on a status of 400 or above, or on a body above \
            --max-size. Name URLs as words, in a file with --from, or with - on standard input; a single one is got as \
            often as --tasks says. Proxies are those of the daemon's environment.
            """,
        unit: "bytes", runtime: "curl", input: .url,
        options: [Option("overwrite", .flag, "replace files that are there")] + webLimits + [
            Option("output", .path, in: 0...1024, "directory to keep the files in (default: they are thrown away)")
        ],
        clientOptions: [Option("from", .path, in: 1...4096, "read URLs from this file, one a line; - for input")])

    private static let api = Entry(
        .api,
        summary: "send a request with a JSON body for each of many tasks",
        detail: """
            A task sends one request over HTTP or HTTPS with libcurl as 'download' does, with a method, headers and a JSON \
            body of its own, and throws the response's body away. The first word is the URL and each further one the body of \
            a task; without any, one request is sent that has none. A task whose worker died is not sent again, as the server \
            may have taken it.
            """,
        unit: "bytes", rerun: false, runtime: "curl", input: .url,
        options: [Option("method", oneOf: WebMethod.names, WebMethod.names.joined(separator: ", "))] + webLimits,
        clientOptions: [
            Option("header", .text, in: 1...8192, "a header, as 'Name: value'; may be given several times"),
            Option("from", .path, in: 1...4096, "read bodies from this file, one a line; - for input"),
        ])

    private static let webLimits = [
        Option("connect-timeout", .duration, default: "10s", in: 1_000_000...longest, "how long connecting may take"),
        Option("max-time", .duration, default: "60s", in: 1_000_000...longest, "how long each request may take in all"),
        Option("max-size", .size, default: "1GiB", in: 0...1 << 40, "the largest body"),
    ]

    /// A day, in nanoseconds.
    private static let longest = 86_400_000_000_000
}
