/// What `parctl run exec --help` says beside the catalogue.
enum ExecHelp {
    static let text = """

        parctl run exec [OPTIONS] COMMAND [WORDS] [::: ARGUMENTS]

        Without ':::' and --arg-file the arguments are read from standard input, one a line. The command begins with the
        first word that is no option of parctl, and all that follows is its own.

        {}   the argument; at the end where the command has no place for it    {#}  its number, from 1
        {.}  without its extension      {/}  its last part      {//}  its directory      {/.}  {/} without extension

        Output comes whole, command by command; the receipt goes to standard error. --timeout is each command's.

        EXAMPLES:
          parctl run exec --threads 4 gzip -k {} ::: *.log
          ls *.png | parctl run exec --processes 2 convert {} {.}.jpg
          find . -name '*.c' -print0 | parctl run exec -0 -k wc -l
          parctl run exec --shell --tag 'grep -c error {} || true' ::: *.log
          parctl run exec --timeout 5s --retries 3 --halt soon,fail=1 --joblog jobs.log curl -sO {} ::: URL URL
          parctl run exec --joblog jobs.log --resume -a list.txt ./convert {}

        \(ExecStatus.help)

        """
}
