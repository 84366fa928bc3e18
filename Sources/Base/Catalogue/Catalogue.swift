/// Every workload there is. Help, completions, `parctl workloads` and the daemon's checks all read it.
public enum Catalogue {
    /// A workload's place in it is the number by which a job names it in shared memory: daemon and workers are of one build.
    public static let all: [Definition] = [
        .noop, .sleep, .cpu, .io, .dot, .exec, .download, .api, .native, .python,
    ]

    /// The workload called `name`; nil where there is none.
    public static func definition(named name: String) -> Definition? {
        all.first { $0.name == name }
    }

    /// The number of the workload called `name`; nil where there is none.
    public static func number(of name: String) -> Int? {
        all.firstIndex { $0.name == name }
    }
}

// What needs nothing but the workers themselves.
extension Definition {
    public static let noop = Definition(
        "noop",
        summary: "do nothing: what is left is the cost of handing a task to a worker",
        text: """
            A task returns at once. Its time is that of claiming it and stamping its record, so this shows what the pools \
            themselves cost a task.
            """,
        examples: ["noop --tasks 1000000 --threads 2", "noop --processes 4 --cold"])

    public static let sleep = Definition(
        "sleep",
        summary: "wait: a stand-in for a remote call",
        text: """
            A task blocks its worker without using the processor, so tasks overlap as far as there are workers, whatever the \
            number of cores.
            """,
        options: [
            Option("for", .duration, default: "10ms", in: 0...3_600_000_000_000, "how long each task waits")
        ],
        examples: ["sleep --for 50ms --threads 8 --tasks 64", "sleep --for 1s --timeout 3s --serial"])

    public static let cpu = Definition(
        "cpu",
        summary: "add up 0, 1, 2 and so on, one by one: pure computation",
        text: """
            A task adds the numbers below N in a loop of N dependent additions that no compiler may shorten, and returns the \
            sum, which is checked. It needs a core for all of its time: more workers than cores gain nothing.
            """,
        unit: "sum",
        options: [
            Option("iterations", .count, default: "5000000", in: 0...1_000_000_000_000, "additions in each task")
        ],
        failures: CPUFailure.kinds,
        examples: ["cpu --iterations 50_000_000 --threads 2", "cpu --processes 2 --tasks 64 --timeline"])

    public static let io = Definition(
        "io",
        summary: "write a text file, and read it back if asked",
        text: """
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
            Option(
                "dir", .path, in: 0...1024, isDaemonDirectory: true,
                "directory for the files (default: the daemon's temporary directory)"),
        ],
        exclusions: [
            Exclusion("read", beside: "same-file", expected: "no same-file beside it, in which nothing can be checked")
        ],
        failures: IOFailure.kinds,
        examples: [
            "io --threads 4", "io --size 64MiB --fsync --read --processes 2 --dir /var/tmp",
            "io --same-file --threads 4",
        ])
}

/// Why tasks of `cpu` fail.
public enum CPUFailure: UInt16, FailureTable {
    case compute = 1

    public var text: String { "computing" }
}

/// Why tasks of `io` fail.
public enum IOFailure: UInt16, FailureTable {
    case create = 1
    case write, sync, measure, read, compare, remove

    public var text: String {
        switch self {
        case .create: "creating the file"
        case .write: "writing the file"
        case .sync: "waiting for the file to be on the disk"
        case .measure: "checking the file's length"
        case .read: "reading the file back"
        case .compare: "comparing what was read"
        case .remove: "removing the file"
        }
    }
}
