import Foundation
import Testing

extension EndToEnd {
    /// Users and passwords of URLs, and what headers and bodies hold, are for the server alone.
    @Suite("Secrets")
    struct SecretTests {
        /// What nobody may see, in all that is typed here.
        static let secret = "geheim42"

        /// What runs and what is refused; `$s` is the secret, `$H` the server's host and port, `$A` a URL with a password.
        static let lines = [
            "download $A/any/x $A/any/y --records", "download $A/any/x $A/status/404 --json --records",
            "download $A/any/x --html page.html --svg page.svg --trace page.json --timeline=tasks",
            "download http://u:$s@127.0.0.1:1/x http://u:$s@nowhere.invalid/ --records --json",
            "download http://u:$s/$s@$H/any/x", "download u:$s@$H/any/x", "download http://u:$s@host:x/",
            "download http://u:$s@ http://u:$s@host/$'\\e'", "download --from urls --records",
            "api $A/echo --header \"Authorization: Bearer $s\" '{\"key\": \"$s\"}' '{\"other\": \"$s\"}' --records",
            "api $A/status/500 --header \"X-Key: $s\" '\"$s\"' --json --records", "api $A/echo --header $s",
            "api $A/echo --header \"A: $s\"$'\\n'", "api $A/echo \"{$s\"", "api $A/echo \"{\\\"$s\\\": 1, \\\"$s\\\"\"",
            "api $A/echo --header @headers --from bodies --records --html page.html",
            "api @url --header @headers @body",
            "api $A/echo \"-HAuthorization: $s\"", "download $A/any/x -uu:$s", "download $A/any/x --header \"A: $s\"",
            "api $A/echo --header @none", "api @headers --header @headers", "api $A/echo --from urls",
            "api $A/slow/100 \"\\\"$s\\\"\" --html page.html & \"$PARCTL\" --socket \"$PARD\" jobs; "
                + "\"$PARCTL\" --socket \"$PARD\" jobs --json; wait",
            "download $H/any/x?key=$s $H/any/y?$s --records", "download http://$H/any/x?key=$s --json --records",
            "download http://$H/any/x?key=$s $A/status/404?a=b\\&key=$s --html page.html --trace page.json --timeline=tasks",
            "download http://127.0.0.1:1/x?key=$s --output . --records",
            "api http://$H/echo?key=$s '{}' --records --json",
            "exec -j1 false http://$H/any/{}?key=$s ::: 1 2", "exec --delay 1ms false \"http://$H/any/{}?$s\" ::: 1 2",
            "exec 'false http://host/{}?a=b&key=$s' ::: 1 2",
            "compare download --runs 1 --workers 1 http://$H/any/x?key=$s",
            "bench download --runs 2 --threads 1 --no-cold --html page.html http://$H/any/x?key=$s",
            "exec curl -s $A/any/x ::: 1 --html page.html", "exec --records --html page.html true $A/any/{} ::: 1 2",
            "exec -N0 --halt soon,fail=1 false $A/any/x ::: 1 2", "exec -j1 --delay 1ms false $A/any/{} ::: 1 2",
            "exec no-such-program $A/any/{} ::: 1 2",
            "compare exec --runs 1 --workers 1 --html page.html true $A/any/{} ::: 1 2",
            "compare exec --runs 1 --workers 1 false $A/any/{} ::: 1 2",
            "compare download --runs 1 --workers 1 --html page.html --svg page.svg $A/any/x",
            "compare api --runs 1 --workers 1 --markdown $A/echo \"\\\"$s\\\"\"", "compare api --json $A/echo \"$s\"",
        ]

        @Test("stand in nothing that is printed, written, drawn, listed or logged")
        func nowhere() throws {
            try WebServer.run { (daemon, server) throws in
                let folder = daemon.fixture.temporary + "/line"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
                func put(_ text: String, _ name: String) throws {
                    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
                }
                let host = String(server.url.dropFirst("http://".count))
                let address = "http://u:\(Self.secret)@\(host)"
                try put("\(address)/any/a\n\(address)/status/404\n", "urls")
                try put("\(address)/echo\(folder)/got\n", "url")
                try put("Authorization: Bearer \(Self.secret)\r\nX-Key: \(Self.secret)\n\n", "headers")
                try put("{\"key\": \"\(Self.secret)\"}", "body")
                try put("{\"key\": \"\(Self.secret)\"}\n[\"\(Self.secret)\"]\n", "bodies")
                let variables = [
                    "PARCTL": try Program.parctl.path, "PARD": daemon.socket, "s": Self.secret, "H": host, "A": address,
                ]
                for line in Self.lines {
                    let script =
                        #"cd "$0"; "$PARCTL" --socket "$PARD" "#
                        + (line.hasPrefix("compare ") || line.hasPrefix("bench ") ? line : "run " + line)
                        + "; cat page.* 2>/dev/null; rm -f page.*"
                    let child = try Child(
                        "/bin/bash", ["-c", script, folder], environment: daemon.fixture.environment(variables))
                    _ = child.end()
                    try #require(child.output.isOver(within: 10) && child.errors.isOver(within: 10))
                    let text = child.output.text + child.errors.text
                    #expect(!text.contains(Self.secret), "\(line)")
                    #expect(!text.isEmpty)
                }
                // They did reach the server.
                let got = try String(contentsOfFile: "\(folder)/got", encoding: .utf8)
                #expect(got.components(separatedBy: Self.secret).count == 4)
                _ = try Child("/bin/rm", ["-rf", folder], environment: [:]).end()
                // Neither does the daemon keep any in its log, nor its processes in their titles.
                #expect(!daemon.process.errors.text.contains(Self.secret))
                for process in daemon.fixture.processes where Processes.parent(of: process) == Int(daemon.process.pid) {
                    #expect(!Processes.line(of: process).contains(Self.secret))
                }
            }
        }

        @Test("stand in no line of a daemon's log that tells everything")
        func log() throws {
            try WebServer.run { (daemon, server) throws in
                let script = #"""
                    "$PROGRAM" --socket "$TMPDIR/own" --floor-processes 0 2>"$TMPDIR/log" & own=$!
                    until "$PARCTL" --socket "$TMPDIR/own" ping >/dev/null 2>&1; do :; done
                    for words in "download $A/any/x" "download http://u:$s/$s@h" "download $A/any/x?key=$s" "api $A/status/500 \"$s\" --header A:$s"; do
                        "$PARCTL" --socket "$TMPDIR/own" run $words >/dev/null 2>&1
                    done
                    kill $own; wait $own; cat "$TMPDIR/log"; rm "$TMPDIR/log"
                    """#
                let address = "http://u:\(Self.secret)@" + server.url.dropFirst("http://".count)
                let variables = [
                    "PARCTL": try Program.parctl.path, "PROGRAM": try Program.pard.path, "s": Self.secret, "A": address,
                ]
                let child = try Child("/bin/bash", ["-c", script], environment: daemon.fixture.environment(variables))
                _ = child.end(within: 60)
                try #require(child.output.isOver(within: 10))
                #expect(child.output.text.contains("run ") && child.output.text.contains("download"))
                #expect(!child.output.text.contains(Self.secret), "\(child.output.text)")
            }
        }
    }
}
