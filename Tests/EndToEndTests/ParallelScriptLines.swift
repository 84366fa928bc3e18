extension ParallelLines {
    /// What stands in everyday scripts, as far as it is not among the others.
    static let scripts = [
        Group(
            "from scripts: shells, words and places",
            #"""
            parallel -k --tag -j2 'echo {1} {2}' ::: 1 2 ::: A B
            parallel -k 'echo {1/.}' ::: /a/b.c
            parallel -k 'echo {1//}' ::: /a/b.c
            cat <<< $'1\n2\n3' | parallel -k 'echo $((10 * {}))'
            ls /etc/host* | parallel -k 'wc -c < {}'
            parallel -k --max-args=3 echo first={1} last={-1} ::: a b c d e f
            parallel -k eval ::: 'echo a;echo b' 'echo c'
            parallel -k sh -c ::: 'echo a' 'exit 3'; echo $?
            parallel -k bash -c {} ::: 'echo a' 'echo b c'
            parallel -k 'bash -c "echo {}"' ::: 'a' 'b c'
            parallel -k ::: 'cd /; pwd' pwd | head -1
            parallel -k echo '"{}"' ::: 'a b'
            parallel -k echo "'{}'" ::: 'a b'
            parallel -k 'echo "$(echo {})"' ::: 'a  b' '$HOME'
            parallel -k 'echo `echo {}`' ::: 'a  b'
            parallel -k "python3 -c 'print(\"{}\")'" ::: a 'b c'
            parallel -k -j1 'read x; echo got $x' ::: a
            echo z | parallel -k -j1 'read x; echo got $x {}' ::: a
            parallel -k --tmpdir /tmp echo ::: a
            parallel -k --compress echo ::: a
            parallel -k --env FOO 'echo $FOO {}' ::: a
            FOO=bar parallel -k 'echo $FOO {}' ::: a
            doit() { echo "Doing $1 and $2"; }; export -f doit; parallel -k doit ::: a b ::: 1 2
            doit() { echo "Doing $1 and $2"; return 3; }; export -f doit; parallel -k doit {1} {2} ::: a b :::+ 1 2; echo $?
            parallel -k true {} ';' echo ok ::: a b
            parallel -k test -f {} '&&' echo yes {} '||' echo no {} ::: /etc/passwd /nope
            parallel -k '[ -f {} ] && echo yes {} || echo no {}' ::: /etc/passwd /nope
            parallel -k '[[ {} == a* ]] && echo match {}' ::: ab cd; echo $?
            parallel -j 1 -k 'echo {} > {#}.txt' ::: a b; head *.txt
            parallel 'echo out; echo err >&2; exit 1' ::: 1 2>/dev/null; echo $?
            parallel -k echo '$HOME/{}' ::: a
            parallel -k echo '$PARALLEL_SEQ' {} ::: a b
            parallel -k echo '${HOME}' ::: a
            parallel --total-jobs 3 -k echo ::: a b
            parallel -k --dr echo ::: a
            parallel -k --maxargs 2 echo ::: a b c
            parallel -k 'mkdir -p {1}/{2} && echo {1}-{2}' ::: x y ::: 1 2; ls -d */*
            parallel -k --verbose echo ::: a 2>/dev/null
            parallel --jobs=0 -k echo ::: 1 2
            parallel -j 100% -k echo ::: 1
            parallel -j +5 -k echo ::: 1
            echo 2 > procs; parallel -j procs -k echo ::: 1 2
            echo abc > f; parallel -k sed s/a/b/ ::: f
            echo abc > f; parallel -k 'sed "s/a/b/" {}' ::: f
            echo abc > f; parallel -k grep -o b ::: f
            echo abc > f; parallel -k sed -i s/a/Z/ ::: f; cat f
            touch 'a b' "c'd" 'e"f' 'g$h'; ls | parallel -k ls -1 {}
            touch 'a b' "c'd" 'e"f' 'g$h'; ls | parallel -k 'ls -1 {} | cat'
            touch 'a b' "c'd" 'e"f' 'g$h'; parallel -k mv {} {}.x ::: *; ls -1
            parallel -k --dry-run --max-replace-args 2 cp {} dir/{} ::: a b c
            parallel -k --dry-run --max-args 2 cp {} dir/{} ::: a b c
            echo 50% > procs; parallel -j procs -k echo ::: 1 2
            """#),
        Group(
            "from scripts: lists",
            #"""
            printf 'a b\nc d\n' > f; parallel -k -a f --colsep ' ' 'echo {1}; echo {2}'
            seq 100 | parallel -X -j1 echo | wc -l
            seq 20 | parallel -k -n5 'echo {}' | cat -A
            seq 9 | parallel -k -N3 'echo {3} {2} {1}'
            printf 'one\ntwo\nthree\n' | parallel -k 'printf "%s=%d\n" {} $(echo -n {} | wc -c)'
            seq 3 | parallel -I{} -k echo {} is {}
            seq 3 | parallel -I_ -k 'echo _ is {}'
            seq 3 | parallel -i -k echo {} is {} 2>/dev/null; echo $?
            parallel -k 'echo {1} {2}' :::: <(printf 'a\nb\n') :::+ 1 2
            parallel -k -C '\t' echo {2} :::: <(printf 'a\tb\nc\td\n')
            paste <(seq 3) <(seq 4 6) | parallel -k --colsep '\t' 'echo $(({1}+{2}))'
            paste -d' ' <(seq 3) <(seq 4 6) | parallel -k -C' ' expr {1} + {2}
            seq 3 | parallel -i -k echo {} is {}; echo $?
            seq 3 | parallel -i% -k echo % is %; echo $?
            my() { wc -l $1; }; export -f my; seq 4 | parallel --cat -N2 -k my {} | sed 's| .*||'
            printf 'k x\n' > f; parallel -k perl -ne \''/^(\S+)\s+(\S+)$/ and print "$2\n"'\' ::: f
            parallel -k awk \''{print $2}'\' ::: <(echo a b)
            parallel -k 'echo --name="{}"' ::: 'a b'
            parallel -k echo --name='"x y"' ::: a
            printf 'a.gif\nb.gif\n' | parallel -k --dry-run convert {} {.}.jpg
            ls /etc/host* | parallel -k --dry-run mogrify -resize {1}x {2} ::: 10 20 :::: -
            parallel -k -j1 --halt soon,fail=1 'test {} -lt 3 && echo {}' ::: 1 2 3 4; echo $?
            seq 10 | parallel -k -j3 --bar 'sleep 0.01; echo {}' 2>/dev/null
            seq 3 | parallel -k --eta --progress echo 2>/dev/null
            seq 3 | parallel -k -v --dry-run echo
            seq 3 | parallel -k -t echo 2>&1 >/dev/null | head -3
            parallel -k -X --dry-run -j1 'echo {} | wc' ::: a b c
            parallel -k -m --dry-run -j1 'echo x{}y' ::: a b c
            parallel -k -N2 --dry-run -j1 'echo x{}y' ::: a b c
            parallel -k -N2 'echo {1}; echo {2}' ::: a b c
            parallel -k -N2 --tag 'echo {}' ::: a b c
            parallel -k --tag -X -j1 'echo {}' ::: a b c
            parallel -k -L2 'echo {}' :::: <(printf 'a b\nc\nd\n')
            printf 'a b \nc\nd\n' | parallel -k -L1 echo
            printf 'a b\nc\nd\n' | parallel -k -l2 echo 2>/dev/null; echo $?
            printf 'a b\nc\nd\n' | parallel -k --max-lines=2 echo
            printf 'a b\nc\nd\n' | parallel -k -n1 echo
            printf 'a\nb\nEOF\nc\n' | parallel -k -E EOF echo
            printf 'a\nb\n_\nc\n' | parallel -k --eof=_ echo
            printf 'a\nb\n_\nc\n' | parallel -k -e_ echo
            printf '  a  \n b\n' | parallel -k --trim lr echo '[{}]'
            printf '  a  \n b\n' | parallel -k echo '[{}]'
            printf 'a\r\nb\r\n' | parallel -k echo '{}' | od -c | head -3
            printf 'a\\tb\n' | parallel -k echo {}
            printf "it's\n\"q\"\n" | parallel -k echo {}
            printf 'a\n#c\nb\n' | parallel -k echo {}
            printf 'x\n' | parallel -k echo -n {}
            parallel -k "printf '%s,%s\n' {1} {2}" ::: a :::+ b
            parallel -k sed 's/a/b/' ::: <(echo abc) 2>/dev/null; true
            touch a{1..5}; ls | parallel -j1 -X rm; ls | wc -l
            mkdir d; seq 5 | parallel touch d/{}; ls d | tr '\n' ' '
            parallel -k -N2 echo x{}y ::: a b c
            parallel -k -N2 'echo x{}y' ::: a b c
            parallel -k -N2 'echo "a   b" {.}{}' ::: a.x b.y c.z
            parallel -k --dry-run -N2 'cp {} dir/{}' ::: a b c
            parallel -k --dry-run -n2 'cp {} dir/{}' ::: a b c
            parallel -k --dry-run -L2 'cp {} dir/{}' ::: a b c
            parallel -k --dry-run -l2 'cp {} dir/{}' ::: a b c
            parallel -k --dry-run -N2 -m cp {} dir/{} ::: a b c
            parallel -k --dry-run -N2 -X cp {} dir/{} ::: a b c
            parallel -k -j1 -X 'echo "a   b"  {}	x{}' ::: 1 2
            parallel -k -N3 -j1 'printf "%s\n" pre{}post | head -2' ::: 1 2 3 4
            printf 'a b \nc\nd \n' | parallel -k -L1 echo
            printf 'a b \nc\nd\ne\n' | parallel -k -L2 echo
            printf 'a \n \nb\n' | parallel -k -L1 echo
            printf 'a b\nc\n' | parallel -k -l echo
            printf 'a b\nc\nd\n' | parallel -k -l 2 echo
            printf 'a b\nc\nd\n' | parallel -k --max-lines echo
            parallel -k sed s/a/b/ ::: <(echo abc)
            parallel -k 'sed s/a/b/ {}' ::: <(echo abc) <(echo aaa)
            parallel -k 'cat {} | tr a b' ::: <(echo abc)
            parallel -k -j1 paste ::: <(echo a) :::+ <(echo b)
            """#),
        Group(
            "from scripts: logs, results and parts",
            #"""
            parallel --joblog - -j1 true ::: a | cut -f7-
            parallel --results r -k 'echo o{}; echo e{} >&2' ::: 1 2 >o 2>/dev/null; cat o; cat r/1/1/stderr
            my() { cat; }; export -f my; seq 4 | parallel --pipe -N2 -k my
            parallel --joblog /dev/stdout -j1 true ::: a | cut -f7-
            echo before > o; parallel --joblog - -j1 true ::: a >> o; cut -f7- o
            my() { echo my $1; }; export -f my; parallel --lb -j1 my ::: a b
            my() { wc -l; }; export -f my; seq 4 | parallel --pipe --round-robin -j2 -N2 -k my
            parallel -k --results res 'seq {}' ::: 1 2 >/dev/null; cat res/1/2/stdout
            parallel -k --results 'out_{1}_{2}' 'echo {1}{2}' ::: a b ::: c; ls; cat out_b_c
            seq 3 | parallel --joblog l -j1 'exit {}' ; awk '{print $7}' l
            seq 3 | parallel --joblog l -j1 true; seq 5 | parallel --joblog l --resume -j1 echo
            seq 3 | parallel --joblog l -j1 'test {} != 2'; seq 3 | parallel --joblog l --retry-failed -j1 ; echo $?; cut -f1,7- l
            seq 3 | parallel --joblog l -j1 'test {} != 2'; seq 3 | parallel --joblog l --resume-failed -j1 'echo {}' ; echo $?; cut -f1,7- l
            seq 10 | parallel -k --pipe -L3 --block 1 'wc -l'
            seq 10 | parallel -k --pipe -L3 --block 10 'wc -l'
            seq 10 | parallel -k --pipe -L4 'wc -l'
            seq 12 | parallel -k --pipe -L4 'wc -l'
            seq 100 | parallel -k --pipe -L4 --block 60 'head -1'
            seq 20 | parallel -k --pipe -L2 -N3 'wc -l'
            printf '@a\nA\n+\nI\n@b\nC\n+\nI\n' | parallel -k --pipe -L4 -N1 'head -1'
            seq 200000 | parallel -k --pipe -L4 --block 100k wc -l
            printf 'a\n\nb\n' | parallel -k --pipe -r -N1 cat
            parallel --results res -k 'echo {}' ::: a; ls res
            printf 'a\n \n\nb\n\n' | parallel -k --pipe -r cat
            parallel -k --lb -j1 cat ::: <(echo a) <(echo b)
            seq 3 | parallel --joblog l -j1 'test {} != 2'; parallel --joblog l --retry-failed -j1 ; echo $?; cut -f1,7- l
            seq 3 | parallel --joblog l -j1 'echo {}; test {} != 2'; parallel --joblog l --retry-failed -j1 ; echo $?; cut -f1,7- l
            parallel --joblog l -j1 'echo {}; test -f x' ::: 'a  b' "it's"; touch x; parallel --joblog l --retry-failed -j1; echo $?; parallel --joblog l --retry-failed -j1; echo $?; cut -f1,7- l
            seq 3 | parallel --joblog l -j1 true; parallel --joblog l --retry-failed; echo $?
            """#),
        Group(
            "from scripts: signs, places and directories",
            #"""
            seq 5 | parallel -P2 -n2 -k echo
            seq 5 | parallel -P 2 -n 2 -t -k echo 2>/dev/null
            printf 'a b c\nd e\n' | parallel -k --colsep ' ' echo {1}
            printf '%s\0' a b | parallel -0 -k -n2 echo
            echo a,b,c | parallel -d, -k echo
            echo -n a:b:c | parallel -d : -k echo
            printf 'x=1\ny=2\n' | parallel -k --colsep = echo 'key {1} val {2}'
            parallel -k --tagstring '{1}:' echo {2} ::: a b ::: c
            parallel -k 'cd {} && ls | wc -l' ::: /usr/share/man /nonexist 2>/dev/null; echo $?
            parallel -k 'set -e; false; echo no' ::: a; echo $?
            parallel -k 'trap "echo bye" EXIT; echo {}' ::: a
            parallel -k 'echo $0 | sed "s|.*/||"' ::: a
            parallel -k 'echo $$ >/dev/null; echo $#' ::: a
            parallel -k 'echo ${#x}{}' ::: a
            parallel -k 'echo ${x:-{}}' ::: a
            parallel -k 'x=({}); echo ${#x[@]}' ::: 'a b'
            parallel -k 'arr=(1 2 3); echo ${arr[{}]}' ::: 0 2
            parallel -k 'echo {}{1}{2}' ::: a ::: b
            parallel -k 'echo {2}{1}{}' ::: a ::: b
            parallel -k 'echo {1}{3}' ::: a ::: b
            parallel -k 'echo {0}' ::: a
            parallel -k 'echo {-1}' ::: a ::: b
            parallel -k --plus 'echo {+/} {+.} {+..}' ::: d/a.tar.gz
            parallel -k --plus 'echo {/..} {/...} {1..}' ::: d/a.b.tar.gz
            parallel -k --plus 'echo {%.tar.gz} {/%.gz/.bz2}' ::: d/a.tar.gz
            parallel -k 'echo {/}' ::: a/ a/b/ /
            parallel -k 'echo {//}' ::: a/ a/b/ / a
            parallel -k 'echo {.}' ::: a.b/c a/.b .a a. a..b
            parallel -k 'echo {/.}' ::: a.b/c a/.b .a a. a..b
            parallel -k echo {}. {}, ::: a
            parallel -k echo {a..c} ::: 1
            parallel -k 'echo {a,b}{}' ::: 1
            parallel -k 'awk "BEGIN{print {}}"' ::: 1+1
            parallel -k 'awk "{ print }" <<< {}' ::: 'a b'
            parallel -k "jq -n '{a:{}}' 2>/dev/null || echo {}" ::: 1
            parallel -k 'echo "{\"a\":\"{}\"}"' ::: x
            parallel -k 'printf "%s\n" "${PWD##*/}" {}' ::: a
            parallel -k --wd .. 'basename $PWD' ::: a
            parallel -k --wd /tmp -j1 pwd ::: a b
            parallel -k --wd {} pwd ::: / /usr
            parallel -k --shuf -j1 'true' ::: a b c; echo $?
            parallel -k 'echo out{}; echo err{} >&2' ::: 1 2 2>&1 >/dev/null | grep ^err
            parallel --keep-order --group -j4 'seq {}' ::: 2 3
            parallel -k 'exit {}' ::: 0 1 2 3; echo $?
            parallel --timeout 0.2s sleep ::: 5; echo $?
            parallel --delay 0.01s -k echo ::: 5; echo $?
            parallel --nice 19 -k nice ::: 2>/dev/null; echo $?
            parallel --nice 3 -k nice echo ::: a
            parallel --memfree 100k -k echo ::: a
            parallel --load 100000% -k echo ::: a
            parallel --noswap -k echo ::: a
            parallel --joblog /nonexist/l echo ::: a; echo $?
            parallel -a nofile echo; echo $?
            parallel echo :::: nofile; echo $?
            parallel -j0 -k 'sleep 0.1; echo {}' ::: 1 2 3 4 5 6 7 8
            (echo 1; echo 2) | parallel -k 'cat; echo {}'
            echo | parallel -k echo 'x{}x'
            printf '\n\n' | parallel -k echo 'x{}x'
            parallel -k echo 'a{}b' ::: $'x\ny'
            parallel -k 'echo "$@"' -- ::: a
            parallel -k -- 'echo {}' ::: -a --b
            parallel -k echo -- {} ::: -a --b
            parallel -k --wd nodir pwd ::: a | sed 's|.*/||'; echo $?
            parallel -k --wd nodir/sub pwd ::: a | sed 's|.*/||'; ls -d nodir/sub
            parallel -k --wd {1}/{2} pwd ::: d ::: e f | sed 's|.*/d/||'
            parallel -k --wd {//} 'pwd; ls {/}' ::: /etc/passwd /etc/group
            mkdir 'a b'; parallel -k --wd {} 'pwd | sed "s|.*/||"' ::: 'a b'
            parallel -k --dry-run --wd {} 'echo x' ::: a; echo $?
            parallel --joblog l --wd {} 'echo x' ::: d; cut -f7- l
            parallel -k 'echo {0} {0.}' ::: a.b ::: c.d
            parallel -k echo {0} ::: a
            """#),
        Group(
            "from scripts: parts and halts",
            #"""
            parallel --halt soon,fail=1 -j1 'exit {}' ::: 0 1 2 3; echo $?
            parallel --halt now,success=1 -k -j1 'exit {}' ::: 2 0 3; echo $?
            parallel --halt now,done=1 -k -j1 'exit {}' ::: 2 0 3; echo $?
            seq 6 | parallel --pipe -N2 -k --tag 'cat'
            seq 6 | parallel --pipe -N2 -k --tagstring 'j{#}' 'cat'
            seq 6 | parallel --pipe -N2 -j1 --lb --tagstring 'j{#}' 'cat'
            seq 6 | parallel --pipe -N2 -j1 --joblog l 'cat >/dev/null; exit 2'; echo $?; cut -f1,6-9 l
            seq 6 | parallel --pipe -N2 -k --results r 'cat'; find r -type f | sort
            seq 6 | parallel --pipe -N2 -j1 -u 'cat'
            seq 6 | parallel --pipe -N2 -j1 --halt now,fail=1 'cat; exit 5'; echo $?
            seq 6 | parallel --pipe -N2 -k --retries 2 'cat; exit 5'; echo $?
            seq 6 | parallel --cat -N2 -k --tagstring 'j{#}' 'cat {}'
            seq 6 | parallel --fifo -N2 -k --tagstring 'j{#}' 'cat {}'
            seq 6 | parallel --cat -N2 -u -j1 'cat {}'
            seq 6 | parallel --cat -N2 -k --results r 'cat {}'; find r -type f | wc -l
            seq 6 | parallel --cat -N2 -k 'sort -r {} > out{#}'; cat out*
            seq 6 | parallel --pipe --round-robin -N2 -j2 -k --tagstring 'j{#}' cat
            seq 6 | parallel --pipe --round-robin -N2 -j2 -k -u cat | sort
            seq 6 | parallel --pipe --round-robin -N2 -j2 -k 'cat; exit 1'; echo $?
            seq 100000 | parallel --pipe --round-robin -j4 'sort -n | tail -1' | sort -n | tail -1
            seq 1000 | parallel --pipe -k --block 1k --recend '0\n' 'tail -1'
            printf 'a--b--c' | parallel --pipe -k --recend '--' -N1 'cat; echo'
            printf 'BEGIN 1\nx\nEND\nBEGIN 2\ny\nEND\n' | parallel --pipe -k -N1 --recstart 'BEGIN' --recend 'END\n' 'cat; echo =='
            printf 'BEGIN 1\nx\nBEGIN 2\ny\n' | parallel --pipe -k -N1 --recstart 'BEGIN' 'cat; echo =='
            printf '>s1\nAC\n>s2\nGG\nTT\n' | parallel --pipe -k -N1 --recstart '>' 'wc -l'
            printf '>s1\nAC\n>s2\nGG\nTT\n>s3\nA\n' | parallel --pipe -k -N2 --recstart '>' 'grep -c ">"'
            printf 'a\0b\0c\0' | parallel --pipe -k -N1 --recend '\0' 'tr "\0" "+"; echo'
            printf 'id,v\n1,a\n2,b\n3,c\n' | parallel --pipe -k --header : -N2 'cat -n'
            printf 'id,v\n1,a\n2,b\n3,c\n' | parallel --pipe -k --header : --cat -N2 'cat -n {}'
            seq 10 | parallel -k --pipe --block 5 --rrs cat
            seq 3 | parallel -k --pipe --rrs -N1 'cat; echo -'
            seq 5 | parallel --pipe -N1 -k 'read a; echo "$a$a"'
            seq 10 | parallel --pipe --block 1 -k wc -l | head -2
            parallel --pipe -k wc -l < /etc/passwd
            seq 5 | parallel --pipe -k -N2 --dry-run cat
            seq 5 | parallel --pipe -N2 -v -k cat
            seq 5 | parallel --spreadstdin -N2 -k cat
            seq 4 | parallel -N2 --pipe -j1 'cat > f{#}'; head f*
            seq 4 | parallel -j2 --pipe -N1 -k 'sleep 0.$((4-{#})); cat'
            seq 3 | parallel -j1 --linebuffer 'seq {}; echo e{} >&2' 2>/dev/null
            parallel -j2 --lb -k 'echo {}; sleep 0.{}; echo {}' ::: 2 1
            parallel -j2 --lb --tag -k 'printf "{}a\n{}b"' ::: 2 1
            parallel -j1 --lb 'printf "x{}"' ::: 2 1
            parallel -j1 -u 'printf "x{}"' ::: 2 1
            parallel -j1 --ungroup --tag echo ::: 2 1
            parallel -k --halt soon,fail=50% -j1 'exit {}' ::: 0 1 1 0 0; echo $?
            parallel -k --halt now,fail=20% -j1 'exit {}' ::: 0 1 1 0 0; echo $?
            parallel -k --halt soon,done=50% -j1 'echo {}' ::: 1 2 3 4 5; echo $?
            parallel -k --halt soon,success=1 -j1 'exit {}' ::: 3 0 1; echo $?
            parallel -k --halt now,fail=1 -j1 'kill -TERM $$' ::: 3 0 1; echo $?
            parallel -k --halt never -j1 'exit {}' ::: 3 0 1; echo $?
            parallel -k --halt now,fail=2 -j1 'exit {}' ::: 3 0 4 1; echo $?
            parallel -k --halt 0 -j1 'exit {}' ::: 3 0 4 1; echo $?
            parallel -k --halt -1 -j1 'exit {}' ::: 3 0 4 1; echo $?
            parallel -k --halt 50% -j1 'exit {}' ::: 3 0 4 1; echo $?
            parallel -j3 --lb -k --tag 'echo {}; sleep 0.{}; printf "{}x"' ::: 3 1 2
            parallel -j3 --lb -k 'seq {}000 | tail -3; echo e{} >&2' ::: 3 1 2 2>/dev/null
            seq 6 | parallel --pipe -N2 --lb -k -j3 'sleep 0.$((4-{#})); cat'
            seq 20 | parallel -j4 --lb -k 'seq {} | md5sum'
            parallel -k --halt soon,fail=20% -j1 'exit {}' ::: 0 3 1 0 0; echo $?
            parallel -k --halt soon,fail=25% -j1 'exit {}' ::: 0 3 1 0; echo $?
            parallel -k --halt soon,fail=50% -j1 'exit {}' ::: 0 3 1 0; echo $?
            parallel -k --halt soon,done=25% -j1 'exit {}' ::: 3 1 0 0; echo $?
            """#),
        Group(
            "from scripts: sources and headings",
            #"""
            seq 3 | parallel --xargs -k echo
            seq 3 | parallel --xargs -j1 echo a {} b
            seq 10 | parallel --xargs -k -n4 -j1 echo
            seq 10 | parallel -k -X -n4 -j1 echo a{}
            seq 10 | parallel -m -j2 -k echo
            printf 'a b\nc\n' | parallel -k -X -j1 'printf "[%s]" {}'
            parallel -k 'echo {} {}' ::: a ::: b
            parallel -k 'echo {} {}' ::: 'a b' ::: 'c  d'
            parallel -k --colsep , 'echo {2}' ::: a,'b c'
            parallel -k --colsep , --trim n 'echo {2}' ::: 'a, b'
            parallel -k --colsep '[ ,]+' 'echo {3}' ::: 'a, b c'
            parallel -k --colsep '\|' 'echo {2}' ::: 'a|b'
            parallel -k --colsep '\\' 'echo {2}' ::: 'a\b'
            parallel -k --colsep '\W' 'echo {2}' ::: 'a-b'
            parallel -k --colsep '::' 'echo {2}' ::: 'a::b'
            parallel -k -C: 'echo {1} {7}' ::: "$(head -1 /etc/passwd)"
            parallel -k -a /etc/passwd -C: 'echo {1} {7}' | head -3
            printf 'n v\na 1\nb 2\n' | parallel -k --header : -C ' ' 'echo {n}={v}'
            printf 'n v\na 1\nb 2\n' | parallel -k --header : -C ' ' --tagstring '{n}' 'echo {v}'
            printf 'n,v\na.x,1\n' | parallel -k --header : -C , 'echo {n.} {n/} {v}'
            printf 'na me,v\na.x,1\n' | parallel -k --header : -C , 'echo {na me}'
            printf 'n,v\na,1\n' | parallel -k --header : -C , 'echo {1} {2} {}'
            parallel -k --header : 'echo {a} {b}' ::: a 1 2 ::: b x y
            parallel -k --header : --link 'echo {a} {b}' ::: a 1 2 ::: b x y
            parallel -k --header : 'echo {a}' ::: a 1 2 :::+ b x y
            parallel -k --header : --results r 'echo {a}' ::: a 1 2 ::: b x; find r -type f | sort
            parallel --joblog l --resume -j1 'echo {}' ::: a b; parallel --joblog l --resume -j1 'echo {}' ::: a b c; cut -f1,7,9 l
            parallel --joblog l --results r --resume -j1 -k 'echo {}' ::: a b; parallel --joblog l --results r --resume -j1 'echo {}' ::: a b c
            parallel --resume -j1 echo ::: a; echo $?
            parallel --joblog l -j1 'exit {}' ::: 0 1 2; parallel --joblog l --resume-failed -j1 'echo {}; exit 0' ::: 0 1 2; cut -f1,7 l
            parallel --joblog l --dry-run -j1 'exit {}' ::: 0 1 2; cat l | cut -f7-
            parallel -v -j1 'echo {}' ::: a 'b c'
            parallel -v -k --tag 'echo {}' ::: a 'b c'
            parallel -t -j1 -k 'echo {}' ::: a 2>&1 >/dev/null | head -1
            parallel -k -v echo '{}' '|' cat ::: 'a b'
            parallel -k -q echo '{}' '|' cat ::: 'a b'
            parallel -k -q -v echo 'a b' ::: c
            parallel -q -k grep 'a b' ::: /dev/null; echo $?
            parallel -k --quote printf '%s\n' ::: 'a b'
            parallel -k 2>/dev/null ::: true false; echo $?
            parallel ::: 'exit 3' 'exit 4'; echo $?
            parallel -k echo ::: a ::: ; echo $?
            parallel -k echo ::: ::: a; echo $?
            parallel -k echo {1} ::: a b ::: ; echo $?
            parallel -k echo :::: /dev/null; echo $?
            parallel -k echo :::: /dev/null ::: a; echo $?
            parallel -k echo ::: a :::+ ; echo $?
            parallel -j1 -k --arg-file <(seq 2) --arg-file <(seq 3 4) echo
            parallel -j1 -k -a <(seq 2) echo ::: x y
            parallel -j1 -k --arg-sep , --arg-file-sep ,, echo , a b ,, <(seq 2)
            parallel -I '{}' -k echo '{}' ::: a
            parallel -I @ -k 'echo @ {}' ::: a
            parallel -I @@ -k echo @@@@ ::: a
            parallel -I foo -k echo foobar ::: a
            parallel --replace -k echo {} ::: a; echo $?
            parallel -k echo x{1}y{2}z ::: a b ::: ::: c; echo $?
            parallel -k echo ::: ::: ; echo $?
            parallel -k echo ::: a b :::: /dev/null
            parallel -k echo :::: /dev/null /dev/null
            parallel -k echo ::: a b :::+ ; echo $?
            printf '' | parallel -k echo :::: - ::: a b
            printf '1\n2\n' | parallel -k echo :::: - :::
            parallel --replace % -k echo % ::: a; echo $?
            parallel --replace=% -k echo % ::: a; echo $?
            """#),
    ]
}
