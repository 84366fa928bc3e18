extension Input {
    /// The options by which a client makes commands of arguments, and shows what came of them: those of GNU parallel and xargs
    /// that are known here, each by its longest name. `parctl` knows their other spellings.
    static let commandOptions = [
        text(
            "jobs", letter: "j", "how many run at a time: N, +N, -N, N% of the processors, or 0 for as many as possible"
        ),
        Option(
            "arg-file", .path, letter: "a", in: 1...4096,
            "read the arguments from this file, one a line; - for input; may be given several times"),
        Option("null", .flag, letter: "0", "arguments that are read end with a NUL rather than with a line"),
        text("delimiter", letter: "d", "what ends each argument that is read, instead of a line's end"),
        text("eof", letter: "E", "an argument that ends the input"),
        text("colsep", letter: "C", "split each argument into columns at this regular expression: {1}, {2}, ..."),
        text("header", ": takes the first line for the names of columns: {name}"),
        text("trim", "take spaces away from arguments: n (none), l (left), r (right), lr"),
        Option("no-run-if-empty", .flag, letter: "r", "leave out arguments that are empty"),
        Option("link", .flag, "take one argument of each source for a command, rather than each with each"),
        Option("shuf", .flag, "run the commands in any order"),
        Option("max-args", .count, letter: "N", in: 0...1_000_000, "give each command so many arguments"),
        Option(
            "max-lines", .count, in: 1...1_000_000,
            "the same, of lines; one that ends with a space goes on in the next one"),
        Option(
            "repeat-words", .flag,
            "of several arguments, give a word with a place in it once for each, as -N, -L and -X do"),
        Option("many", .flag, letter: "X", "give each command as many arguments as fit, each in a word of its own"),
        Option("many-in-place", .flag, letter: "m", "give each command as many arguments as fit, all in one place"),
        Option("spread", .flag, "with -X or -m, share the last arguments out among those that run at a time"),
        Option("max-chars", .count, letter: "s", in: 1...131_071, "how long a command with -X or -m may be, in bytes"),
        text("replace", letter: "I", "what stands for {}"),
        Option("plus", .flag, "have more places: {..} {+/} {+.} {%suffix} {/old/new} and others"),
        text("arg-sep", "what stands for :::"),
        text("arg-file-sep", "what stands for ::::"),
        Option("keep-order", .flag, letter: "k", "print what commands write in the order of the arguments"),
        Option("tag", .flag, "begin each line with the arguments and a tab"),
        text("tagstring", "begin each line with this and a tab; it may have places"),
        Option("line-buffer", .flag, "print lines as soon as they are written, of all commands among one another"),
        Option("ungroup", .flag, letter: "u", "print what commands write as soon as it is written"),
        Option("print-command", .flag, letter: "v", "print each command before what it writes"),
        Option("verbose", .flag, letter: "t", "print each command on standard error, too"),
        text("results", "keep what commands write in files below this directory, or by this name with places in it"),
        Option("shell", .flag, "have /bin/sh run the command, with each argument quoted"),
        Option("quote", .flag, "hand the words of the command on as they are: no shell"),
        Option("dry-run", .flag, "print the commands, and run none"),
        Option("joblog", .path, in: 1...4096, "write a line for each command that has ended into this file, anew"),
        Option("joblog-append", .flag, "put the lines behind those that the joblog has; the same as --joblog +FILE"),
        Option("resume", .flag, "leave out the commands that the joblog knows, and go on with it"),
        Option("resume-failed", .flag, "as --resume, but run again those of them that failed"),
        Option("retry-failed", .flag, "run the commands that failed by the joblog again, as they stand there"),
        text("halt-when", "as --halt, also with fail=N%, success=N or N%, done=N or N%"),
        Option("delay", .duration, in: 0...Definition.longestTime, "wait so long from one beginning to the next"),
        text("load", "begin no command while more processes than that want a processor: N or N%"),
        Option("memfree", .size, in: 0...1 << 50, "begin no command while less memory than that is free"),
        text("workdir", "run the commands in this directory, which is made where there is none; it may have places"),
        text("nice", "run the commands with this priority, see nice(1)"),
        text(
            "timeout-percent", "as --timeout, in percent of the median time of the commands that have done well so far"),
        Option("interactive", .flag, letter: "p", "show each command on the terminal, and ask whether to run it"),
        Option("tty", .flag, "give the commands the terminal, one at a time unless --jobs says otherwise"),
        Option("open-tty", .flag, letter: "o", "have the commands read from the terminal"),
        Option("group", .flag, "print what each command writes in one piece, with --tty, too"),
        Option("pipe", .flag, "give standard input to the commands, each a part of it, rather than arguments"),
        Option("block", .size, in: 1...1 << 30, "with --pipe: about how much each command is given"),
        text("recend", "with --pipe: what ends a record; records stay whole"),
        text("recstart", "with --pipe: what begins a record; records stay whole"),
        Option("remove-rec-sep", .flag, "with --pipe: leave out what ends or begins a record"),
        Option(
            "round-robin", .flag,
            "with --pipe: begin no more commands than run at a time, and give them the parts in turn"),
        Option("cat", .flag, "as --pipe, with each part in a file of the name {}"),
        Option("fifo", .flag, "as --pipe, with each part in a named pipe of the name {}"),
    ]

    private static func text(_ name: String, letter: Character? = nil, _ summary: String) -> Option {
        Option(name, .text, letter: letter, in: 0...65_536, summary)
    }
}
