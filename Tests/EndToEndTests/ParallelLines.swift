/// Command lines as users of GNU parallel type them: what they print and how they end is the same here and there.
///
/// `parallel` is the one program or the other; each line is run by bash in an empty directory.
enum ParallelLines {
    /// Lines that belong together.
    struct Group: CustomStringConvertible {
        let description: String
        let lines: [String]

        init(_ name: String, _ text: String) {
            description = name
            lines = text.split(separator: "\n").map(String.init)
        }
    }

    static let everyday = [
        Group(
            "input that comes slowly, or is long",
            #"""
            seq 1000 | parallel -k -j2 true; echo $?
            seq 50000 | parallel -k -N10000 echo | wc
            (echo a; sleep 0.3; echo b) | parallel -k echo
            (echo a; sleep 0.2; echo b; sleep 0.1; echo c) | parallel -k -N2 echo
            (echo 1 2; sleep 0.1; echo 3 4) | parallel -k --colsep ' ' echo {2} {1}
            (echo exit 1; sleep 0.1; echo exit 0) | parallel -j1
            seq 30000 | parallel -k -j2 -N100 echo | md5sum
            seq 4 | parallel -k -j4 'sleep 0.{}; echo {}'
            (sleep 0.1; seq 10) | parallel -j1 --halt soon,fail=1 'echo {}; test {} != 3'
            (sleep 0.1; seq 10) | parallel -k -j1 echo {%} {#} {}
            seq 200000 | parallel -j2 -N5000 -k echo | md5sum
            """#),
        Group(
            "parts of standard input",
            #"""
            seq 20 | parallel --pipe -k --block 10 wc
            seq 20 | parallel --pipe -k -N5 wc -l
            printf 'a;b;c' | parallel --pipe -k --recend ';' -N1 cat
            printf 'a;b;c' | parallel --pipe -k --recend ';' -N1 'cat; echo'
            printf '>a\n1\n>b\n2\n' | parallel --pipe -k --block 5 --recstart '>' cat -n
            seq 5 | parallel --pipe -k -N2 'cat; echo {#}'
            seq 400000 | parallel --pipe -k --block 1M wc -c
            printf 'a;b;' | parallel --pipe -k --rrs --recend ';' -N1 'cat; echo'
            parallel --pipe wc -l </dev/null
            seq 2000 | parallel -k --pipe -N100 'wc -l; echo {#}' | tail -2
            """#),
        Group(
            "halting",
            #"""
            parallel --halt now,fail=1 -j1 'echo {}; exit {}' ::: 0 0 3 4
            parallel --halt soon,fail=2 -j1 'echo {}; exit {}' ::: 0 3 0 4 5
            parallel --halt now,success=1 -j1 'echo {}; exit {}' ::: 1 2 0 4 5
            parallel --halt soon,success=2 -j1 'echo {}; exit {}' ::: 1 0 2 0 5
            parallel --halt now,done=2 -j1 'echo {}; exit {}' ::: 1 2 0 4 5
            parallel --halt soon,fail=30% -j1 'echo {}; exit {}' ::: 1 2 0 4 5
            parallel --halt 1 -j1 'echo {}; exit {}' ::: 0 2 0 4 5
            parallel --halt 2 -j1 'echo {}; exit {}' ::: 0 2 0 4 5
            parallel --halt never -j1 'echo {}; exit {}' ::: 0 2
            parallel --halt now,fail=50% -j1 'echo {}; exit {}' ::: 1 0 2 3
            parallel --halt now,success=9 -j1 'echo {}; exit {}' ::: 1 0 2 3
            parallel -j1 --halt now,fail=1 'exit {}' ::: 0 9 0
            """#),
        Group(
            "logs and results",
            #"""
            parallel --results out echo {} ::: a b; find out -type f | sort; cat out/1/a/stdout
            parallel --results out/{}.txt echo {} ::: a b; find out | sort; cat out/a.txt
            parallel --header : --results out echo {x} ::: x 1 2; find out -type f | sort
            parallel --joblog log -j1 'exit {}' ::: 0 1; cut -f1,7,8,9 log
            parallel --joblog log -j1 echo ::: 'a b'; cut -f1,7,8,9 log
            parallel --joblog log -j1 'exit {}' ::: 0 1; parallel --joblog log --resume -j1 'echo {}; exit {}' ::: 0 1 2; cut -f1,7 log
            parallel --joblog log -j1 'exit {}' ::: 0 1; parallel --joblog log --resume-failed -j1 'echo {}; exit 0' ::: 0 1 2; cut -f1,7 log
            """#),
        Group(
            "how many at a time",
            #"""
            parallel -j4 -k echo ::: a b
            parallel -j 4 -k echo ::: a b
            parallel -j+1 -k echo ::: a b
            parallel -j200% -k echo ::: a b
            parallel -j0 -k echo ::: a b
            parallel -P2 -k echo ::: a b
            parallel -P 2 -k echo ::: a b
            parallel --jobs 2 -k echo ::: a b
            parallel --jobs=2 -k echo ::: a b
            parallel --max-procs 2 -k echo ::: a b
            parallel -j-100 echo ::: a
            parallel -j abc echo ::: a >/dev/null
            """#),
        Group(
            "options that say what happens anyway, and letters in one word",
            #"""
            parallel -kj2 echo ::: a b
            parallel -kvj1 echo ::: a b
            parallel --will-cite --bar -k echo ::: a 2>/dev/null
            parallel --eta -k echo ::: a 2>/dev/null
            parallel --group --silent --no-notice -k echo ::: a b
            parallel --keep-order echo ::: a b
            """#),
        Group(
            "columns, headings and tags",
            #"""
            parallel -k --colsep , echo {1}-{2} ::: a,b c,d
            parallel -k -C , echo {2}-{1} ::: a,b c,d
            parallel -k --colsep ' ' echo {1}-{2}-{3} ::: 'a b' 'c d e'
            printf 'a\tb\nc\td\n' | parallel -k --colsep '\t' echo {2} {1}
            printf 'a  b\nc   d\n' | parallel -k --colsep ' +' echo {2} {1}
            printf 'a|b\n' | parallel -k --colsep '\|' echo {2} {1}
            printf 'a;b,c\n' | parallel -k --colsep '[;,]' echo {3} {2} {1}
            parallel -k --colsep , echo {} ::: a,b
            parallel -k --colsep , echo {1}-{2} ::: 'a , b'
            parallel -k --header : echo {x} {y} ::: x 1 2 ::: y 3 4
            printf 'a,b\n1,2\n3,4\n' | parallel -k --header : --colsep , echo {a}-{b} {1}
            printf 'f\nx.tar\n' | parallel -k --header : echo {f.} {f}
            parallel -k --trim lr echo x{}x ::: ' a '
            parallel -k --trim l echo x{}x ::: ' a '
            parallel -k --trim r 'echo x{}x' ::: ' a '
            parallel -k --tag echo ::: a b
            parallel -k --tag echo ::: a b ::: c d
            parallel -k --tagstring {}-{#} echo ::: a b
            parallel -k --tagstring 'x {.}' echo ::: a.b
            parallel --line-buffer --tag -j1 echo ::: a b
            parallel -k --tag 'seq 2; echo {} >&2' ::: a b
            """#),
        Group(
            "several arguments for a command",
            #"""
            parallel -k -N2 echo {1}-{2} ::: a b c d
            parallel -k -N2 echo {1} {2} ::: a b c
            parallel -k -n2 echo ::: a b c
            parallel -k -N0 echo x ::: a b
            parallel -k -L2 echo ::: a b c
            parallel -k --max-args 2 echo ::: a b c
            parallel -k --max-args=2 echo ::: a b c
            parallel -j1 -X echo x{}y ::: a b c
            parallel -j1 -m echo x{}y ::: a b c
            parallel -j1 --xargs echo ::: a b c
            parallel -k -j2 -X echo ::: a b c d e
            parallel -k -j2 -m echo ::: a b c
            parallel -k -j2 --xargs echo ::: a b c
            parallel -k -j2 -N3 -X echo ::: a b c d e
            parallel -j1 -X -n2 echo ::: a b c
            parallel -j1 -X echo pre{}/{/} ::: x/1 y/2
            parallel -j1 -X echo {} and {} ::: a b c
            parallel -k -s 12 -X -j1 echo ::: aaa bbb ccc
            seq 100 | parallel -k -N10 echo | tail -3
            """#),
        Group(
            "several sources",
            #"""
            parallel -k echo {1} {2} ::: a b ::: c d
            parallel -k echo {2} {1} ::: a b ::: c d
            parallel -k echo {1.} {2/} {1//} ::: a/b.c ::: d/e.f
            parallel -k echo {-1} {-2} ::: a b ::: c
            parallel -k echo ::: a b ::: c d
            parallel -k echo ::: a b c :::+ 1 2 3
            parallel -k echo ::: a b c :::+ 1 2
            parallel -k echo ::: a b :::+ 1 2 ::: x y
            parallel --link -k echo ::: a b c ::: 1 2
            parallel --xapply -k echo ::: a b c ::: 1 2
            printf '1\n2\n' > f; parallel -k -a f echo
            printf '1\n2\n' > f; parallel -k echo :::: f
            printf '1\n2\n' > f; printf 'x\ny\n' > g; parallel -k echo :::: f g
            printf '1\n2\n' > f; printf 'x\ny\n' > g; parallel -k echo :::: f ::::+ g
            printf '1\n2\n' > f; printf 'x\ny\n' > g; parallel -k -a f -a g echo {2} {1}
            printf '1\n2\n' > f; printf 'x\ny\n' > g; parallel -k --link -a f -a g echo
            printf '1\n2\n' > f; parallel -k echo ::: a b :::: f
            printf '1\n2\n' | parallel -k echo ::: a b :::: -
            parallel -k --plus echo {1%.gz} {1+/} {2..} ::: d/ab.gz ::: a.b.c
            parallel -a /nonexistent echo
            """#),
        Group(
            "where arguments end",
            #"""
            printf 'a\nb\n' | parallel -k echo
            printf 'a\nb' | parallel -k echo
            printf 'a\n\nb\n' | parallel -k echo x{}
            printf 'a\n\nb\n' | parallel -r -k echo x{}
            printf 'a\0b c\0' | parallel -0 -k echo
            printf 'a,b,c' | parallel -d , -k echo
            printf 'a;;b;;c' | parallel -d ';;' -k echo
            printf 'a\tb' | parallel -d '\t' -k echo
            parallel -k -0 < /dev/null
            parallel -E END -k echo ::: a END b
            parallel --arg-sep ,, -k echo ,, a b
            """#),
        Group(
            "places",
            #"""
            parallel -k echo {.} {/} {//} {/.} ::: dir/file.txt /x/y .hid a//b
            parallel -k echo {#} {} ::: a b
            parallel -k -j1 echo {%} {} ::: a b
            parallel -k echo {2} ::: a
            parallel -k -I% echo % ::: a
            parallel -k -I ,, echo ,,/x ::: a
            parallel -k -I{} echo {}{} ::: a
            parallel -k --plus echo {..} {+/} {/..} {+.} {+..} {...} ::: d/a.b.c
            parallel -k --plus echo {%.gz} {#a} {/b/X} {:2} {:1:2} {:-z} {^a} {^^b} {##} {0#} ::: ab.gz
            parallel --dry-run -k 'gzip -c {} > {.}.gz' ::: 'a b.txt'
            parallel -k echo {.}.x ::: a.b c
            parallel -k echo {foo} {} ::: a
            touch 'a b.txt'; parallel -k mv {} {.}.md ::: *.txt; ls
            parallel -k echo ::: {1..5}
            parallel -k 'echo {} {#}' ::: a b c
            """#),
        Group(
            "a shell, where one is needed",
            #"""
            parallel 'echo {}; exit 3' ::: a
            parallel -k 'echo {} | tr a b' ::: a 'a  a'
            parallel -k 'echo "{}"' ::: 'a b'
            parallel -k 'printf "%s\n" {} > {}.out; cat {}.out' ::: a 'b c'
            parallel -k echo {} '|' tr a b ::: a
            parallel -k echo {} '>' {}.txt ::: a b; cat a.txt b.txt
            parallel -k echo {} ';' echo done ::: a b
            parallel -k echo a '&&' echo {} ::: b
            parallel -k 'cd / && pwd; echo {}' ::: a
            parallel -k cd {} '&&' pwd ::: / /usr
            parallel -k 'x={}; echo ${x%.*}' ::: a.b
            parallel -k 'for i in 1 2; do echo {}$i; done' ::: a b
            parallel -k 'echo $((1+{}))' ::: 1 2
            parallel -k FOO=x env ::: | grep FOO
            f() { echo "f $1"; }; export -f f; parallel -k f ::: a 'b c'
            f() { echo "f $1"; }; export -f f; parallel -k 'f {} | cat' ::: a 'b c'
            printf 'echo a\necho b; exit 3\n' | parallel -k
            printf 'echo a | tr a b\necho "x  y"\n' | parallel -j2 -k
            parallel -j1 exit ::: 0 3 5
            parallel -k 'exit {}' ::: 200 255
            parallel 'kill -9 $$' ::: 1
            parallel -k --retries 2 'echo x; exit 1' ::: a
            seq 5 | parallel -k echo {} '>>' all; sort all
            """#),
        Group(
            "commands as input",
            #"""
            parallel -k ::: 'echo a' 'echo b'
            """#),
        Group(
            "everything else",
            #"""
            parallel -k echo ::: a b c
            parallel -k echo {} ::: a 'b c' "it's" '$x' '*'
            parallel --shuf -j1 echo ::: a
            printf '' | parallel echo
            parallel echo ::: < /dev/null
            parallel nosuchcommand ::: a b
            parallel false ::: a b c
            parallel true ::: a b
            parallel -v -k echo ::: a b
            parallel -t -k echo ::: a b
            parallel -q -k echo 'a  b' ::: c
            parallel -q -k echo '$HOME' {} ::: 'c d'
            parallel -k -q perl -e 'print "@ARGV\n"' ::: 'a b'
            parallel --dryrun -k echo {} ::: 'a b' c "it's"
            parallel -u -j1 echo ::: a b
            parallel --lb -j1 echo ::: a b
            parallel -k --wd / pwd ::: a
            parallel -k --nice 5 'nice; true' ::: a
            parallel -k --delay 0.05 echo ::: a b
            parallel -k --load 1000 echo ::: a b
            parallel -k --memfree 1M echo ::: a b
            parallel -j1 --timeout 0.5 sleep ::: 0.1 3
            parallel -k echo ::: ''
            parallel -k echo x{}x ::: '' a
            parallel -k echo {}{} ::: a b
            parallel -k echo '{}' ::: 'a;b' 'c|d' 'e&f'
            parallel -k echo ::: 'ä' '日本'
            find . -name nothing | parallel echo
            ls / | head -3 | parallel -k basename {}
            parallel -k gzip -k {} ::: a b 2>/dev/null; echo $?
            touch a b; parallel -k gzip -k {} ::: a b; ls
            parallel -k sh -c 'echo' ::: a
            echo 'a b' | parallel -k echo '{}' c
            parallel --nosuchoption echo ::: a >/dev/null
            seq 3 | parallel -k 'seq {}000 | tail -1'
            """#),
        Group(
            "as scripts have them",
            #"""
            parallel -j2 -k 'sleep 0.1; echo {}' ::: 1 2 3
            seq 3 | parallel -k --no-run-if-empty echo
            seq 10 | parallel -k -n3 echo
            seq 10 | parallel -k --max-replace-args 3 echo
            seq 10 | parallel -k -N3 echo {1} {3}
            seq 10 | parallel -k -X -j1 -n4 echo
            ls / | parallel -k --plus echo {%n} | head -2
            parallel -k echo {1} {2} {3} ::: a b ::: 1 2 ::: x
            parallel -k echo {3} {1} ::: a b ::: 1 2 ::: x
            parallel -k --link echo {1} {2} ::: a b c ::: 1
            parallel -k echo {1}{2} :::: <(seq 2) :::: <(seq 2)
            parallel -k echo {1}{2} :::: <(seq 2) ::: a b
            parallel -k -a <(seq 3) echo {}
            cat <(seq 3) | parallel -k -a - echo
            parallel -k echo "file {} has number {#}" ::: a b
            parallel -k 'echo "file {} has number {#}"' ::: a b
            parallel -k "echo '{}' is {}" ::: 'a b'
            parallel -k 'echo {} is $((2*{#}))' ::: a b
            parallel -k 'test -d {} && echo {} is dir' ::: /tmp /etc/passwd
            parallel -k test -d ::: /tmp /etc/passwd /
            parallel -k 'awk "{print \$1}" <<< {}' ::: 'a b' 'c d'
            parallel -k "awk '{print \$1}' <<< {}" ::: 'a b' 'c d'
            parallel -k 'sed s/a/b/ <<< {}' ::: abc
            parallel -k 'echo {} | sed "s/a/{#}/"' ::: abc
            printf 'a 1\nb 2\n' | parallel -k --colsep ' ' 'echo {1}={2}'
            printf 'a 1\nb 2\n' | parallel -k --colsep ' ' echo {1}={2} {}
            printf 'x,y\n1,2\n' | parallel -k --header : --colsep , 'echo {x} {y}'
            printf 'x\ty\n1\t2\n' | parallel -k --header : --colsep '\t' echo {y}
            printf 'x y\n1 2\n' | parallel -k --header : -C ' ' echo {x} {y}
            parallel -k --header : echo {greeting}, {name} ::: greeting hi bye ::: name bob
            parallel -k 'mkdir -p d{} && touch d{}/f && ls d{}' ::: 1 2
            mkdir a b; touch a/1 b/2; find a b -type f | sort | parallel -k echo {//} {/}
            touch 'x y.c' z.c; ls *.c | parallel -k echo {.}.o
            touch 'x y.c' z.c; find . -name '*.c' -print0 | sort -z | parallel -0 -k echo {}
            touch a.txt b.txt; ls *.txt | parallel -k 'cp {} {.}.bak'; ls
            touch a.txt b.txt; parallel -k cp {} {}.bak ::: *.txt; ls
            touch a.txt; parallel mv {} {/.}.md ::: *.txt; ls
            for i in 1 2 3; do echo "echo job $i"; done | parallel -k
            for i in 1 2 3; do echo "sleep 0.$((4-i)); echo job $i"; done | parallel -j3 -k
            (echo 'exit 1'; echo 'exit 0'; echo 'exit 2') | parallel; echo $?
            printf '#!/bin/sh\necho script $1\n' > s; chmod +x s; parallel -k ./s ::: a b
            printf '#!/bin/sh\necho script $1\n' > 's p'; chmod +x 's p'; parallel -k "'./s p'" ::: a b
            export V=hello; parallel -k 'echo $V {}' ::: a
            parallel -k echo '*' ::: a
            touch f1 f2; parallel -k 'echo f*' ::: a
            parallel -k 'exit 1' ::: a b c; echo $?
            parallel -k --halt now,fail=1 -j2 'sleep 0.{}; exit {}' ::: 1 3; echo $?
            parallel -j1 --halt soon,fail=1 --joblog l 'exit {}' ::: 0 2 0; echo $?; cut -f7 l
            parallel -k --retries 3 'echo x >> c; [ $(wc -l < c) -ge 3 ]' ::: a; echo $?; wc -l < c
            parallel --timeout 1 -j2 -k 'sleep {}; echo {}' ::: 0.1 3; echo $?
            parallel -k --tag 'echo {}; echo err{} >&2' ::: a b 2>/dev/null
            parallel -k --tag -j2 'printf nonl' ::: a b
            parallel -k 'printf nonl' ::: a b
            parallel -k 'cat' ::: a b < /dev/null
            parallel --dryrun -k 'wget -q {} -O {/}' ::: http://a/b http://c/d
            parallel --dry-run -k ffmpeg -i {} {.}.mp4 ::: a.avi 'b c.avi'
            parallel --dry-run -k convert {} -resize 50% {.}_small.jpg ::: a.jpg
            parallel --dryrun -k rsync -a {} host:/dst/ ::: a b
            parallel --dryrun -X -j1 rm ::: a b 'c d'
            parallel --dryrun -j2 -X echo ::: 1 2 3 4
            parallel --dryrun -m -j1 echo x{}y ::: 1 2 3
            parallel --dryrun -k -N2 echo {2} {1} ::: a b c d
            parallel --dryrun echo ::: '' a
            parallel --dryrun -k echo ::: 'a"b' 'a\b' 'a`b' 'a$b' 'a!b' 'a#b' '~' 'a~' 'a=b' 'a:b' 'a,b' 'a%b' 'a@b' 'é' '-' '--x' '{}' '[a]' '(a)' '<' 'a;b' '^'
            parallel -k echo ::: 'a"b' 'a\b' 'a`b' 'a$b' 'a!b' '~' '{}' '[a]' '(a)' '<' '^'
            parallel -k 'echo {}' ::: 'a"b' 'a\b' 'a`b' 'a$b' 'a!b' '~' '{}' '[a]' '(a)' '<' '^' "a'b"
            parallel -k -j1 'echo {}' ::: -n -e --help
            parallel -k --results o 'echo {}; echo e >&2' ::: a; cat o/1/a/stdout o/1/a/stderr
            parallel -k --results o/ 'echo {}' ::: a; find o | sort
            seq 3 | parallel -k --joblog j echo > /dev/null; awk 'NR>1{print $1,$7}' j
            seq 100 | parallel -k --pipe -N30 wc -l
            seq 100 | parallel -k --pipe --block 100 'wc -c' | head -3
            seq 10 | parallel --pipe -N3 -k 'echo {#}: $(cat)'
            cat /dev/null | parallel --pipe cat
            printf 'a\nb\n' | parallel --pipe -k cat
            printf 'x1\nx2\ny1\n' | parallel --pipe --recstart y --block 4 -k 'cat; echo -'
            seq 1000 | parallel --pipe --block 1k -k wc -l
            seq 5 | parallel -k -j1 --delay 0.01 echo {}
            parallel -k --colsep '-' echo {2} {1} ::: A-B C-D
            parallel -k --colsep '\s+' echo {2} {1} ::: 'A  B'
            parallel -k --colsep '\.' echo {2} {1} ::: A.B
            parallel -k --colsep . echo {2} {1} ::: A.B
            parallel -k -v 'echo {}' ::: a
            mkdir dd; parallel -k --wd dd pwd ::: a | sed 's|.*/||'
            parallel -k --nice 10 'nice' ::: '' 2>/dev/null; echo $?
            parallel -k --shuf echo ::: a b c | sort
            parallel -k echo {}-{} ::: a b
            parallel -k -j 50% echo ::: a b
            parallel -j+0 -k echo ::: a
            parallel -j 1.5 echo ::: a > /dev/null; echo $?
            parallel --jobs 3 --keep-order --tag echo ::: a
            parallel -k -P0 echo ::: a b
            parallel -k --max-args 1 echo ::: a b
            parallel -k -n 1 -P 2 echo ::: a b
            parallel -k -L 1 echo ::: 'a b' c
            parallel -k --max-chars 20 -X -j1 echo ::: aaaa bbbb cccc dddd
            parallel -k echo ::: a -- b
            parallel -k -- echo ::: a
            parallel -k seq ::: 2 3
            parallel -k expr {} + 1 ::: 1 2
            parallel -k basename {} .txt ::: a/b.txt
            parallel -k dirname ::: a/b
            parallel -k -q bash -c 'echo $0 $1' x ::: a
            parallel -k -q sh -c 'echo "$1"' _ {} ::: 'a  b'
            parallel -k -q awk '{print $2}' ::: f 2>/dev/null; echo $?
            parallel -k 'python3 -c "import sys; print(sys.argv[1:])" {}' ::: 'a b'
            parallel -k grep -c root ::: /etc/passwd
            parallel -k 'grep -c root {} | cat' ::: /etc/passwd /etc/group
            parallel -k wc -l ::: /etc/hostname
            parallel -k md5sum ::: /etc/hostname
            parallel -k 'true' ::: a; echo $?
            parallel -k '! true' ::: a; echo $?
            parallel -k '{ echo {}; echo b; }' ::: a
            parallel -k '(echo {}; echo b) | cat' ::: a
            parallel -k if true ';' then echo {} ';' fi ::: a
            parallel -k echo {1}+{2}={3} ::: 1 :::+ 2 :::+ 3
            parallel -k echo {1} {2} ::: a b c :::+ x y z ::: q
            parallel -k --tagstring {1}-{2} echo {} ::: a b ::: c
            parallel -k --tagstring 'job {#}' echo {} ::: a b
            parallel -k -j1 'echo $PARALLEL_SEQ $PARALLEL_JOBSLOT' ::: a b
            """#),
        Group(
            "bytes that are no text",
            #"""
            parallel -k echo ::: $'a\377' b | od -c
            printf 'a\377\nb\n' | parallel -k --tag cat 2>/dev/null /etc/hostname {} ';' true | od -c
            parallel -k -v echo ::: $'a\377 b' | od -c
            parallel --dry-run echo {.} {/} {//} ::: $'d\376/a\377.txt' | od -c
            printf 'a\0b\377\nc\0' | parallel -0 -k echo | od -c
            parallel -k --colsep $'\377' echo {2} {1} ::: $'l\377r' | od -c
            parallel -k 'printf %s {}' ::: $'\t\033\377' | od -c
            printf 'echo "x\377"\n' | parallel | od -c
            parallel -k --joblog j$'\377' true ::: $'a\377' $'c\nd'; cut -f9 j$'\377' | od -c
            parallel -k --results r$'\377' echo ::: $'a\377/b' | od -c; cd r$'\377'/1/*; pwd | tail -c 9 | od -c; cat stdout | od -c
            parallel -k -X echo pre{}post ::: $'a\377' $'b\376' | od -c
            V=$'w\377' parallel -k 'printf "$V"' ::: | od -c; V=$'w\377' parallel -k 'printf "$V"; :' ::: 1 | od -c
            printf 'a\377\nb\n' | parallel --pipe -k cat | od -c
            printf '\376\377' >f; parallel -k cat ::: f | od -c; parallel -u cat ::: f | od -c
            """#),
    ]
}
