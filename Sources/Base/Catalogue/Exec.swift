extension Definition {
    public static let exec = Definition(
        "exec",
        summary: "run a command for each of many arguments",
        text: """
            A task runs a program with its arguments, without a shell, in the caller's directory and with the caller's \
            environment, umask, ignored signals, nice value and limits (ulimit, no higher than the daemon's), in a process \
            group of its own and without a terminal, and keeps what it writes apart from all others. Its \
            start-up (spawn, from asking for a process to the program being in it) is told apart from the command's own \
            time, and its CPU time and memory are the kernel's own figures (memory only where it is more than the worker \
            itself has had: the kernel can't tell less). It fails when the command's exit code is not 0. On timeout or \
            cancellation the whole group gets SIGTERM and soon after SIGKILL. What a command leaves running in the \
            background loses its output when the command ends. A command is a child of the daemon's worker: its control \
            group is the daemon's. A command may use parctl itself: its runs never wait for the workers that wait for it, but \
            are refused where there can be no others.
            """,
        rerun: false, input: .command, permissions: [.commands],
        options: [
            Option(
                "timeout", .duration, default: "0", in: 0...longestTime, "how long each command may take; 0: for ever"),
            Option("retries", .count, default: "1", in: 1...1000, "how often a command that fails is tried in all"),
            Option(
                "output-limit", .size, default: "1GiB", in: 0...1 << 40,
                "how much each command may write to each of its two outputs"),
        ],
        detail: Detail(
            "command",
            columns: [
                Column("exit_code"), Column("signal"), Column("tries", role: .tries),
                Column("spawn", "ns", summary: .init("spawn", over: ["command"])),
                Column("command", "ns", summary: .init("command", over: ["command"])),
                Column("user", "ns", summary: .init("user CPU", over: ["command"]), role: .processorTime),
                Column("system", "ns", summary: .init("system CPU", over: ["command"]), role: .processorTime),
                Column(
                    "peak_memory", "bytes",
                    summary: .init("peak memory", over: ["command", "peak_memory"], parts: Column.Part.spread)),
                Column("stdout_bytes", "bytes"), Column("stderr_bytes", "bytes"),
                Column("cause", choices: ["", "timeout", "output", "cancelled"]),
                Column("stdout_offset", role: .hidden), Column("stderr_offset", role: .hidden),
            ]),
        failures: ExecFailure.kinds,
        examples: [
            "exec --threads 4 gzip -k {} ::: *.log", "exec -a list.txt --joblog jobs.log --resume ./convert {}",
            "exec --timeout 5s --retries 3 --halt soon,fail=1 curl -sO {} ::: URL URL",
            "exec --shell --tag 'grep -c error {} || true' ::: *.log",
            "exec sh -c 'wc -l < \"$1\"' sh {} ::: *.log",
        ])

    /// A day, in nanoseconds.
    static let longestTime = 86_400_000_000_000
}

/// Why tasks of `exec` fail.
public enum ExecFailure: UInt16, FailureTable {
    case enter = 1
    case spawn, exit, signal, timeout, output, keep
    /// Waiting for what a command writes and for its end.
    case follow

    public var text: String {
        switch self {
        case .enter: "entering the command's directory"
        case .spawn: "starting the command"
        case .exit: "the command ended with exit code"
        case .signal: "the command was ended by signal"
        case .timeout: "the command took longer than its timeout and was ended"
        case .output: "the command wrote more than its output limit and was ended"
        case .keep: "keeping what the command wrote"
        case .follow: "waiting for the command"
        }
    }

    public var code: FailureKind.Code {
        switch self {
        case .exit, .signal: .number
        case .timeout, .output: .none
        case .enter, .spawn, .keep, .follow: .errno
        }
    }
}

/// A word as a POSIX shell takes it for one.
public enum ShellWord {
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,".unicodeScalars)

    /// `word`, quoted where it has to be.
    public static func quoted(_ word: String) -> String {
        if !word.isEmpty, word.unicodeScalars.allSatisfy(plain.contains) { return word }
        // By scalars, as a shell ends a quotation at every ', whatever mark comes behind it.
        var text = "'".unicodeScalars
        for scalar in word.unicodeScalars {
            if scalar == "'" { text += "'\\''".unicodeScalars } else { text.append(scalar) }
        }
        text.append("'")
        return String(text)
    }
}
