extension ParallelLines {
    static let all = everyday + rarer + scripts

    /// Forms that stand in fewer scripts. Those that want a terminal have one of script(1).
    private static let rarer = [
        Group(
            "parts as files, as pipes and in turn",
            #"""
            seq 10 | parallel --pipe --cat -N3 -k 'wc -l < {}'
            seq 10 | parallel --cat -N3 -k 'cat {} | wc -c'
            seq 10 | parallel --cat -N3 -k wc -l | sed 's| .*||'
            seq 10 | parallel --cat -N3 -k cat; ls
            seq 10 | TMPDIR=. parallel --cat -N3 -k 'test -f {} && cat {}'; ls -A
            seq 10 | parallel --dry-run --cat -N3 -k wc -l
            seq 10 | parallel --cat --joblog l -N5 -k 'cat {}; exit 3'; echo $?; cut -f7- l
            seq 4 | parallel --cat -v -k cat {}
            seq 4 | parallel --cat -N2 -k 'echo {#}; cat {}'
            seq 300000 | parallel --cat -k md5sum '<' {}
            seq 10 | parallel --fifo -N5 -k cat {}
            seq 10 | parallel --dry-run --fifo -N3 -k 'cat {} | wc -l'
            seq 10 | parallel --fifo -N5 -k 'cat {}; exit 3'
            seq 10 | parallel --fifo --joblog l -N5 -j1 -k 'cat {}; exit 3'; echo $?; cut -f7- l
            seq 300000 | parallel --fifo -k 'cat {} | md5sum'
            seq 10 | TMPDIR=. parallel --fifo -N3 -k 'test -p {} && cat {}'; ls -A
            seq 10 | parallel --fifo --cat cat {}
            seq 10 | parallel --pipe --round-robin -j2 -k wc -l
            seq 10 | parallel --pipe --round-robin -j3 -N1 -k cat
            seq 1000 | parallel --pipe --round --block 100 -j3 cat | sort -n | md5sum
            parallel --pipe --round-robin -j2 wc -l </dev/null
            seq 100 | parallel --pipe --round-robin -j2 -N10 -k --joblog l 'cat >/dev/null; echo {#} {%}; exit 2'; echo $?; cut -f1,7- l | sort
            seq 300000 | parallel --pipe --round-robin -j3 --block 10k -k wc -l
            seq 300000 | parallel --pipe --round-robin -j3 --block 100k cat | sort -n | md5sum
            seq 1000 | parallel --pipe --round-robin --retries 2 -j2 --block 10k head -n1
            printf 'h\n1\n2\n3\n' | parallel --pipe --header : -N1 -k cat
            printf 'h\ni\n1\n2\n3\n' | parallel --pipe --header 2 -N1 -k cat
            printf 'h\n1\n2\n3\n4\n5\n' | parallel --pipe --header : --round-robin -j2 -N1 -k cat
            printf 'h\n' | parallel --pipe --header : -k cat
            printf 'h' | parallel --pipe --header : -k cat
            """#),
        Group(
            "times in percent of the median",
            #"""
            parallel -j2 --timeout 500% -k 'sleep {}; echo {}' ::: 0.3 0.3 0.3 9 0.3
            parallel -j1 --timeout 500% --joblog l -k 'sleep {}; echo {}' ::: 0.2 0.2 9 0.2; echo $?; cut -f7,8,9 l
            parallel -j2 --timeout 1000% -k 'sleep {}; echo {}' ::: 9 0.2 0.2 0.2
            parallel -j2 --timeout 500% --retries 2 -k 'echo x{} >> c; sleep {}; echo {}' ::: 0.2 0.2 0.2 9; sort c
            """#),
        Group(
            "terminals",
            #"""
            export SHELL=/bin/bash; export -f parallel; printf 'y\nn\ny\n' | script -qE never -ec 'parallel -j1 -p echo ::: a b c 2>e' /dev/null; echo $?; grep -ao '^.*?\.\.\.' e
            export SHELL=/bin/bash; export -f parallel; printf 'Yes\nnope\n' | script -qE never -ec 'parallel -j1 -k --joblog l --interactive "echo {}; exit 3" ::: a b 2>e' /dev/null; echo $?; cut -f7- l
            export SHELL=/bin/bash; export -f parallel; printf 'n\nn\n' | script -qE never -ec 'parallel -j1 --halt soon,fail=1 --retries 2 -p echo ::: a b 2>e' /dev/null; echo $?
            export SHELL=/bin/bash; export -f parallel; printf 'n\nn\n' | script -qE never -ec 'parallel -j1 --halt now,fail=1 --retries 2 -p echo ::: a b 2>e' /dev/null; echo $?
            export SHELL=/bin/bash; export -f parallel; printf 'n\ny\n' | script -qE never -ec 'parallel -j1 --joblog l -p echo ::: a b 2>e' /dev/null; echo 'y' | script -qE never -ec 'parallel -j1 --joblog l --resume-failed -p echo ::: a b 2>e' /dev/null; cut -f7- l
            export SHELL=/bin/bash; export -f parallel; printf 'x\ny\n' | script -qE never -ec 'parallel --tty "read a; echo got \$a {}" ::: 1 2 2>e' /dev/null
            export SHELL=/bin/bash; export -f parallel; script -qE never -ec 'parallel --tty "test -t 0 && test -t 1 && echo tty {}; exit {}" ::: 1 2 2>e' /dev/null
            export SHELL=/bin/bash; export -f parallel; script -qE never -ec 'parallel --tty "echo {} >/dev/tty" ::: 1 2 2>e' /dev/null
            export SHELL=/bin/bash; export -f parallel; script -qE never -ec 'parallel -o -k "test -t 0 && echo in; test -t 1 || echo piped {}; exit {}" ::: 1 2 2>e' /dev/null
            export SHELL=/bin/bash; export -f parallel; script -qE never -ec 'parallel --tty --joblog l "kill -9 \$\$" ::: 1 2 2>e' /dev/null; cut -f7,8 l
            export SHELL=/bin/bash; export -f parallel; script -qE never -ec 'parallel --tty --retries 3 "echo {}; false" ::: a 2>e' /dev/null
            parallel -j1 --joblog l ::: 'kill -9 $$' 'exit 3' 'kill $$'; echo $?; cut -f7- l
            parallel --tty echo ::: a b
            seq 2 | parallel --tty 'cat; echo {}'
            """#),
        Group(
            "braces that are other programs', and what is no place",
            #"""
            printf 'see\ntree\n' > l; parallel -k 'grep -oE "e{1,2}" {}' ::: l
            printf 'abcd\n' > l; parallel -k "sed -E 's/^.{1,2}//' {}" ::: l
            parallel -k --tagstring '{1,2}' echo ::: a
            printf 'n,v\nbob,1\namy,2\n' > c; parallel --header : -C, -k "echo {n} | awk '{print}'" :::: c
            printf 'n,v\nbob,1\n' > c; x=y; export x; parallel --header : -C, -k 'echo ${x} {n}' :::: c
            printf 'n\nl\n' > c; printf 'a\nb\n' > l; parallel --header : -k "sed -n '/a/{p}' {n}" :::: c
            parallel -j1 'echo {%}' ::: a b
            parallel -j1 'echo {%}; cat l' ::: a; echo $?
            parallel -j1 CUDA='$(({%} - 1))' env ::: a | grep CUDA
            parallel -j1 -X 'echo {%}' ::: a b
            parallel --dry-run -j1 'echo {%}' ::: a
            parallel -j2 --plus -k 'echo {##}' ::: a b
            host=h; export host; parallel -k 'echo ${host} {}' ::: a
            slot=s; export slot; parallel -k 'echo ${slot}{}' ::: a
            printf abcd > l; parallel -k "stat -c '{%n,%s}' {}" ::: l
            parallel -k "printf '{%%d}\n'; echo {}" ::: a
            parallel -k "printf '{%d}\n' {}" ::: 1
            parallel -k "python3 -c 'print({1:2}, {})' " ::: 3
            parallel -k --plus 'echo {/ /_}' ::: 'a b c'
            parallel -k --plus echo {/a/ } ::: bab
            printf 'a 1\nb 2\n' > l; parallel -k "awk '{/a/ && n++} END {print n}' {}" ::: l
            """#),
        Group(
            "logs, tags and ends as they are typed less often",
            #"""
            parallel -k --tagstring '{1}\t{2}' echo x ::: a b ::: c
            parallel -k --tagstring '' echo ::: a
            parallel --dry-run --tag -k echo ::: a 'b c'
            parallel --dry-run --tagstring '{#}' -k echo ::: a b
            parallel -j1 --joblog +l echo ::: a; parallel -j1 --joblog +l echo ::: b c; ls; cut -f1,7- l
            parallel -j1 --joblog l echo ::: a; parallel -j1 --joblog l echo ::: b; wc -l < l
            printf 'a\033b' | parallel -k -d '\033' echo
            printf 'a\001b' | parallel -k -d '\001' echo
            printf 'a b\n' | parallel --colsep '\x20' -k echo {2}
            printf 'a \tb\n' | parallel --colsep '\h+' -k echo {2}
            printf 'a1b\n' | parallel --colsep '\D?1' -k echo {2}
            parallel -j2 --halt now,fail=1 'echo start {}; sleep {}; echo end {}; false' ::: 0.3 4; echo $?
            parallel -k -j2 --halt now,fail=1 'echo start {}; sleep {}; echo end {}; false' ::: 0.3 4; echo $?
            seq 100000 | parallel -j2 echo 2>e | head -3 | wc -l; echo ${PIPESTATUS[1]}
            parallel --keep -j2 echo ::: a b
            PARALLEL='--tag -k' parallel -j2 echo ::: 3 1 2
            PARALLEL="-k --tagstring 'a \"b\"' -j1" parallel echo ::: x
            PARALLEL= parallel -k echo ::: x
            parallel --dry -k echo ::: a b
            seq 3 | parallel --delim '\n' --max-arg 2 -k echo
            parallel --line-buf -j1 echo ::: a b
            printf 'b\na\n' > l; parallel -k wc -l '<{}' ::: l
            parallel -k echo {} '>>log' ::: a; cat log
            printf 'b\na\n' > l; parallel -k cat {} '| sort > {}.out' ::: l; cat l.out
            parallel -k ls {} '2>/dev/null' ::: none; echo $?
            """#),
    ]
}
