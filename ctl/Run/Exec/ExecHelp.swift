/// What `parctl run exec --help` says beside the catalogue.
enum ExecHelp {
    static let text = """

        Without ':::' and --arg-file the arguments are read from standard input, one a line, to its end; then the first
        command starts. All commands of a run come to \(CallSize.limit >> 20) MiB at most, and an argument that is read to
        \(ArgumentList.longestArgument) bytes. The command begins with the first word that is no option of parctl, and all
        that follows is its own. Commands themselves have nothing to read (/dev/null).

        {}   the argument; at the end where the command has no place for it    {#}  its number, from 1
        {.}  without its extension      {/}  its last part      {//}  its directory      {/.}  {/} without extension

        Output comes whole, command by command; the receipt goes to standard error. --timeout is each command's, and
        --halt soon,fail=N or now,fail=N ends the run once N have failed.

        \(ExecStatus.help)

        """
}
