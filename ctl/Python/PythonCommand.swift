import ArgumentParser

/// `parctl python`: its help and completions. Well-formed lines are read by ``PythonLine``.
struct PythonCommand: ParsableCommand {
    static let name = "python"

    static let configuration = CommandConfiguration(
        commandName: name, abstract: "Run a Python script in a fork of a warm interpreter, as if by python3.",
        usage: """
            parctl python [--preload <a,b>] [--python <path>] [--why] [-u] (-c <code> | -m <module> | <script> | -) [<arguments> ...]
            parctl python --warm <a,b> [--python <path>]
            """,
        discussion: """
            The script has this process's standard streams, arguments, environment, directory, umask and limits, gets its \
            signals, and ends it with its own status. Only a daemon of your own runs scripts: 'parctl start' starts one.

            Where a warm interpreter can't do what python3 would, python3 itself runs the script, from its beginning; --why says \
            so. That is: for any other option of the interpreter; where standard streams are closed, or the job is in the \
            background of a terminal; in another namespace or with other rights than the daemon's; with limits that are above \
            the daemon's; where a file beside the script has the name of a module that is loaded; without a daemon; and with \
            PARD_PYTHON=cold.

            Modules that are preloaded have been imported once, for all scripts. A new interpreter is started when their files \
            have changed, or a variable that they read. These differ from a python3 of the script's own:
              - its parent, process group and session, and its control group; there is no /dev/tty
              - sys.modules has more in it, gc.get_freeze_count() is not 0, inspect.stack() is longer by three
              - hash() of texts is the same in all scripts of an interpreter, unless PYTHONHASHSEED says otherwise
              - what a preloaded module has drawn at random, other than from random and numpy.random, is the same in all
              - the shell's time doesn't see its processor time
              - ctypes is loaded, whose libffi may have a descriptor open
              - its process may have been there before it was started, and waited for a script

            EXAMPLES:
              parctl python -c 'print(1 + 1)'
              parctl python --preload numpy,pandas report.py january.csv
              parctl python --why -m json.tool data.json
              parctl python --warm numpy,pandas
              #!/usr/bin/env -S parctl python --preload numpy
            """)

    @Option(
        help: ArgumentHelp(
            "Modules that the interpreter is to have loaded. Without it, only the interpreter itself is warm.",
            valueName: "a,b"))
    var preload: String?

    @Option(
        help: ArgumentHelp("The interpreter, instead of the python3 in PATH.", valueName: "path"), completion: .file())
    var python: String?

    @Flag(help: "Say on standard error whether the script ran warm, why not, and what a preload would have saved.")
    var why = false

    @Option(
        help: ArgumentHelp(
            "Start an interpreter that has these modules loaded, and keep it; 'parctl pools' shows it.",
            valueName: "a,b"))
    var warm: String?

    @Argument(
        parsing: .captureForPassthrough,
        help: ArgumentHelp(
            "What python3 would be given: -c, -m, a script or -, and its arguments.", valueName: "arguments"),
        completion: .file(extensions: ["py"]))
    var words: [String] = []

    @OptionGroup var service: ServiceOptions

    /// Only what no script is run by comes here.
    func run() throws {
        // As it stands before what python3 takes, it is not for that one.
        if words.contains("--help") { throw CleanExit.helpRequest(self) }
        throw CommandError.usage(
            warm == nil
                ? "parctl python takes --preload, --python, --why and --warm, and then what python3 takes"
                : "--warm keeps an interpreter and runs no script; --preload is for scripts",
            help: "parctl python --help")
    }
}
