import Foundation
import Testing

extension EndToEnd {
    /// Names of files, arguments, variables and directories are bytes, of which each but NUL comes through whole.
    @Suite("Names that are no text")
    struct NameTests {
        /// A line for bash, and what it prints; `\xNN` stands for a byte there.
        struct Line: CustomTestStringConvertible, Sendable {
            let text: String
            let output: String

            init(_ text: String, _ output: String) {
                self.text = text
                self.output = output
            }

            var testDescription: String { text }
        }

        /// `$f` is the byte 0xFF, `$m` the three bytes of a byte order mark.
        static let lines = [
            Line("par exec -k echo ::: a$f b", #"a\xff\#nb\#n"#),
            Line("par exec -k echo {2}{1} ::: a$f ::: b$f c", #"b\xffa\xff\#nca\xff\#n"#),
            Line(
                "mkdir d$f; echo hi >d$f/a$f.txt; par exec 'cat {}; echo {.} {/} {//} {/.}' ::: d$f/a$f.txt",
                #"hi\#nd\xff/a\xff a\xff.txt d\xff a\xff\#n"#),
            Line("printf 'a%s\\nb\\n' $f | par exec -k echo", #"a\xff\#nb\#n"#),
            Line("printf 'a%s\\nc\\0b\\0' $f | par exec -k -0 echo", #"a\xff\#nc\#nb\#n"#),
            Line(
                "printf '%sa%s\\nb' $m $f >l$f; par exec -k -a l$f echo; par exec -k echo :::: l$f",
                #"a\xff\#nb\#na\xff\#nb\#n"#),
            Line("printf 'echo \"x%s\"\\n' $f | par exec", #"x\xff\#n"#),
            Line(
                "par exec --joblog j$f true ::: a$f b; cut -f9 j$f | sort; par exec --joblog j$f --resume echo ::: a$f b c$f",
                #"Command\#ntrue 'a\xff'\#ntrue b\#nc\xff\#n"#),
            Line("par exec --results r$f echo ::: a$f; cat r$f/1/a$f/stdout", #"a\xff\#n"#),
            Line(
                "par exec --tag echo ::: a$f; par exec --tagstring t$f{} echo ::: b$f",
                #"a\xff\#ta\xff\#nt\xffb\xff\#tb\xff\#n"#),
            Line(
                "par exec --dry-run echo ::: a$f; par exec -v echo ::: a$f", #"echo 'a\xff'\#necho 'a\xff'\#na\xff\#n"#),
            Line("par exec -I $f echo [$f] ::: x; par exec --colsep $f echo {2}{1} ::: l${f}r", #"[x]\#nrl\#n"#),
            Line(
                "V=w$f par exec 'printf %s\\\\n \"$V\"' ::: 1; env V$f=w \"$PARCTL\" --socket \"$PARD\" run exec -N0 env ::: 1 | grep -a ^V",
                #"w\xff\#n1\#nV\xff=w\#n"#),
            Line(
                "mkdir b$f; printf '#!/bin/sh\\necho ran $1\\n' >b$f/p$f; chmod +x b$f/p$f; PATH=$PWD/b$f:$PATH par exec p$f ::: x",
                #"ran x\#n"#),
            Line(
                "mkdir w$f; cd w$f; par exec 'pwd; :' ::: 1 | grep -ac w$f; cd ..; par exec --wd $PWD/w$f 'pwd; :' ::: 1 | grep -ac w$f",
                #"1\#n1\#n"#),
            Line(
                "printf '\\376\\n' >o; par exec -u cat ::: o; par exec --line-buffer cat ::: o; par exec --pipe cat <o",
                #"\xfe\#n\xfe\#n\xfe\#n"#),
            Line(
                "par exec --html h$f --svg s$f --trace t$f true ::: a$f; ls -q | tr '\\n' ' '; grep -aq 'a.xff' h$f && echo shown",
                #"h? s? t? shown\#n"#),
            Line("par exec --json true ::: a$f | python3 -c '\(decoded)'", #"true 'a\xff'\#n"#),
            Line("mkdir i$f; par io --size 1KiB --tasks 2 --dir i$f --json | grep -c '\"ok\":2'", #"1\#n"#),
            Line("par exec false ::: a$f 2>&1 | grep -q \"'a.xff'\" && echo shown", #"shown\#n"#),
            Line("par exec no$f ::: a 2>&1 | grep -ac 'no\\\\xff: command not found'", #"1\#n"#),
            Line(
                "par exec -a no$f$'\\e' echo 2>&1 | sed 's,/.*/,,' | head -1",
                #"parctl: no\x5cxff\e can't be read: No such file or directory; nothing was run\#n"#),
        ]

        /// Functions, and what is fetched from `$URL`.
        static let functions = [
            Line(
                "mkdir l$f; cc -shared -fPIC -I $INCLUDE -o l$f/s$f.so $EXAMPLES/shout.c; par native -q ./l$f/s$f.so:shout a$f b",
                #"A\xff\#nB\#n"#),
            Line("par native -q --output o$f ./l$f/s$f.so:shout ::: a$f; cat o$f/1; echo", #"A\xff\#n"#),
            Line("printf '%sa%s\\nb' $m $f >f$f; par native -q --from f$f ./l$f/s$f.so:shout", #"A\xff\#nB\#n"#),
            Line("\"$LEASE\" \"$PARD\" $PWD/l$f/s$f.so:shout a$f b", #"A\xff\#nB\#n"#),
            Line(
                "par native ./l$f/s$f.so:no$f a 2>&1 | sed 's,/[^ ]*/,,g'",
                "parctl: function can't be s\\x5cxff.so:no\\x5cxff: it takes a function that is there: s\\x5cxff.so has no function "
                    + "no\\x5cxff: it has shout, tally, tally_setup, tally_teardown\n"),
            Line(
                "printf 'import os\\ndef f(x): return (os.fsencode(x) + os.environb[b\"V\"] + os.fsencode(os.getcwd())[-2:]).hex()\\n'"
                    + " >l$f/p$f.py; cd l$f; V=v$f par python -q ./p$f.py:f ::: a$f",
                "\"61ff76ff6cff\"\n"),
            Line(
                // What is printed and what comes back are two streams, in either order.
                "printf 'def f(x):\\n print(1)\\n return 2\\n' >p.py; par python -q --tag --joblog j$f ./p.py:f ::: a$f 2>&1 | LC_ALL=C sort; cut -f9 j$f",
                #"a\xff\#t1\#na\xff\#t2\#nCommand\#na\xff\#n"#),
            Line(
                "mkdir -p v$f/bin s$f; ln -s $(which python3) v$f/bin/python3; "
                    + "printf '#!/bin/sh\\nexec %s \"$@\"\\n' $PWD/v$f/bin/python3 >s$f/python3; chmod +x s$f/python3; "
                    + "printf 'import os, sys\\ndef f(x): return os.fsencode(sys.executable)[-14:].hex()\\n' >e.py; "
                    + "par python -q --python s$f/python3 ./e.py:f x",
                "\"76ff2f62696e2f707974686f6e33\"\n"),
            Line(
                "mkdir d$f; par download --output d$f $URL/any/1%FFa $URL/any/2$f >log; ls d$f; "
                    + "printf '%s%s/any/3%s\\r\\n' $m $URL $f | par download - --json | grep -c '\"ok\":1'",
                #"1\xffa\#n2\xff\#n1\#n"#),
        ]

        /// What a program makes of a text that stands for bytes, as the interface description says.
        private static let decoded = """
            import json, re, sys; text = json.load(sys.stdin)["input"]; \
            sys.stdout.buffer.write(b"".join(bytes([ord(c) & 255]) if "\\U0010fe80" <= c <= "\\U0010feff" else c.encode() \
            for c in text) + b"\\n")
            """

        /// The bytes that `text` stands for.
        private func bytes(_ text: String) -> Data {
            var data = Data()
            var rest = Array(text.utf8)[...]
            while let byte = rest.popFirst() {
                if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
                    let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
                {
                    data.append(value)
                    rest = rest.dropFirst(3)
                } else {
                    data.append(byte)
                }
            }
            return data
        }

        /// Runs a line by bash, in a folder of the daemon's.
        private func check(_ line: Line, _ daemon: borrowing Daemon, _ variables: [String: String] = [:]) throws {
            let folder = daemon.fixture.temporary + "/line"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            let prologue = #"""
                par() { "$PARCTL" --socket "$PARD" run "$@"; }
                f=$'\377'; m=$'\357\273\277'
                """#
            let own = ["PARCTL": try Program.parctl.path, "PARD": daemon.socket]
            let child = try Child(
                "/bin/bash", ["-c", "cd '\(folder)'; \(prologue)\n\(line.text)"],
                environment: daemon.fixture.environment(own.merging(variables) { $1 }))
            _ = child.end()
            try #require(child.output.isOver(within: 10))
            let output = child.output.data
            let text = String(decoding: output, as: UTF8.self)
            #expect(output == bytes(line.output), "\(line.text): \(text) \(child.errors.text)")
        }

        private func removeFolder(_ daemon: borrowing Daemon) throws {
            _ = try Child("/bin/rm", ["-rf", daemon.fixture.temporary + "/line"], environment: [:]).end()
        }

        @Test("come through whole", arguments: lines)
        func line(line: Line) throws {
            try Daemon.run { daemon in
                try check(line, daemon)
                try removeFolder(daemon)
            }
        }

        @Test("come through whole to functions and to servers, and name files")
        func functions() throws {
            try WebServer.run { (daemon, server) throws in
                let lease = try Program.leaseClient.path
                let variables = [
                    "LEASE": lease, "URL": server.url, "INCLUDE": Libraries.include, "EXAMPLES": Libraries.examples,
                ]
                for line in Self.functions { try check(line, daemon, variables) }
                try removeFolder(daemon)
            }
        }
    }
}
