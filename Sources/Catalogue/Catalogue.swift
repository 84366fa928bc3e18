/// Every workload there is. Help, completions, `parctl workloads` and the daemon's checks all read it.
public enum Catalogue {
    public static let entries = [noop, sleep, cpu, io]

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
            every byte. The daemon's user must be able to write in the directory.
            """,
        unit: "bytes",
        options: [
            Option("size", .size, default: "8MiB", in: 0...17_179_869_184, "size of each file"),
            Option("read", .flag, "read the file back and check it"),
            Option("fsync", .flag, "wait until the file is on the disk"),
            Option("dir", .path, in: 0...1024, "directory for the files (default: the daemon's temporary directory)"),
        ])
}
