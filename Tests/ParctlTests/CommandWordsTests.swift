import Catalogue
import Testing

@testable import parctl

@Suite struct CommandWordsTests {
    /// The message of the usage error that reading `words` ends in.
    private func complaint(_ words: String...) -> String? {
        do {
            _ = try CommandWords.read(words)
            return nil
        } catch {
            guard case .usage(let text, _) = error else { return nil }
            return text
        }
    }

    @Test func `options are read with a space, with an equals sign, and as flags`() throws {
        let words = try CommandWords.read(["io", "--size", "4KiB", "--dir=/tmp", "--read"])
        #expect(words.definition.name == "io")
        #expect(words.arguments == ["size": "4KiB", "dir": "/tmp", "read": "true"])
    }

    @Test func `a flag can be denied, and the last of two values counts`() throws {
        #expect(try CommandWords.read(["io", "--dir", "out"], in: "/home/ann").arguments == ["dir": "/home/ann/out"])
        #expect(try CommandWords.read(["io", "--read=false"]).arguments == ["read": "false"])
        #expect(try CommandWords.read(["io", "--size", "1KiB", "--size=2KiB"]).arguments == ["size": "2KiB"])
    }

    @Test func `only what was typed is sent`() throws {
        #expect(try CommandWords.read(["io"]).arguments.isEmpty)
        #expect(try CommandWords.read(["--", "cpu", "--iterations", "1_000"]).arguments == ["iterations": "1_000"])
    }

    @Test func `an unknown workload is answered with those there are`() {
        let all = Catalogue.all.map(\.name).joined(separator: ", ")
        #expect(complaint("xyz") == "there is no workload 'xyz': there are \(all)")
        #expect(complaint("nop") == "there is no workload 'nop': did you mean 'noop'?")
        #expect(complaint() == "which workload? There are \(all)")
    }

    @Test func `an unknown option is answered with what the workload takes`() {
        #expect(
            complaint("io", "--blub") == "unknown option '--blub': io takes --size, --read, --fsync, --same-file, --dir"
        )
        #expect(complaint("noop", "--blub", "3") == "unknown option '--blub': noop takes no options of its own")
        #expect(complaint("io", "-x") == "unknown option '-x': io takes --size, --read, --fsync, --same-file, --dir")
    }

    @Test func `a mistyped option is answered with the nearest one`() {
        #expect(complaint("io", "--thread", "4") == "unknown option '--thread'; did you mean '--threads'?")
        #expect(complaint("io", "--thread=4") == "unknown option '--thread'; did you mean '--threads'?")
        #expect(complaint("io", "--sise", "4") == "unknown option '--sise'; did you mean '--size'?")
    }

    @Test func `options before the workload are not lost in silence`() {
        #expect(
            complaint("--size", "8MiB", "io") == "the workload comes before its options, as in 'parctl run io --size'")
    }

    @Test(arguments: [
        (["exec", "-j4", "true"], "run", "--threads or --processes"), (["io", "--jobs"], "run", "--threads"),
        (["cpu", "--threads", "2"], "compare", "--workers"),
    ])
    func `an option of another program or command is answered with what stands for it here`(
        words: [String], command: String, hint: String
    ) {
        do {
            _ = try CommandWords.read(words, command: command)
            Issue.record("\(words) is taken")
        } catch {
            #expect(error.message?.contains(hint) == true)
        }
    }

    @Test func `a value that is missing or wrong is answered with what the option takes`() throws {
        #expect(try #require(complaint("io", "--size")).hasPrefix("io: --size needs a value: a size such as 64KiB"))
        #expect(try #require(complaint("io", "--dir", "--read")).hasPrefix("io: --dir needs a value"))
        #expect(try #require(complaint("io", "--size", "abc")).hasSuffix("MiB, not 'abc'"))
        #expect(try #require(complaint("io", "--size", "-5")).hasSuffix("MiB, not '-5'"))
        #expect(complaint("io", "stray") == "io: unexpected 'stray'")
    }

    @Test func `the values of parctl's own options are checked as well`() throws {
        for word in ["--dry-run=no", "--quiet=0", "--shell=yes", "--resume=TRUE"] {
            #expect(try #require(complaint("exec", word, "--", "ls")).contains("takes no value, or true or false"))
        }
        let words = try CommandWords.read(["exec", "--tag", "--tag=false", "--shell=true", "--", "ls"])
        #expect(words.client == ["shell": ["true"]])
        #expect(
            complaint("exec", "--joblog=", "--", "ls") == "exec: --joblog takes a path of at most 4096 bytes, not ''")
        #expect(complaint("exec", "-a", "/" + String(repeating: "x", count: 4096), "--", "ls") != nil)
        #expect(complaint("exec", "-a", "/" + String(repeating: "x", count: 4095), "--", "ls") == nil)
        let header = "X: " + String(repeating: "y", count: 8190)
        #expect(
            complaint("api", "http://host/", "--header", header)?.hasPrefix("api: --header takes a text of") == true)
    }

    @Test func `a path is absolute that begins with a slash, whatever stands behind it`() throws {
        let words = try CommandWords.read(["exec", "--joblog", "/\u{301}x", "--", "ls"], in: "/home/ann")
        #expect(words.client["joblog"].map { $0.map { Array($0.utf8) } } == [Array("/\u{301}x".utf8)])
    }

    @Test func `a bare cold becomes a fresh one, and nothing else is touched`() {
        #expect(
            CommandWords.expandingBare(["run", "io", "--cold", "--tasks", "2"]) == [
                "run", "io", "--cold=fresh", "--tasks", "2",
            ])
        #expect(
            CommandWords.expandingBare(["run", "--cold=exec", "--", "--cold"]) == [
                "run", "--cold=exec", "--", "--cold",
            ])
    }

    @Test(arguments: [("kitten", "sitting", 3), ("", "abc", 3), ("same", "same", 0), ("threads", "thread", 1)])
    func `the distance of words is the number of letters to change`(one: String, other: String, distance: Int) {
        #expect(Suggestion.distance(one, other) == distance)
        #expect(Suggestion.distance(other, one) == distance)
    }

    @Test func `a word that is too different is no suggestion`() {
        #expect(Suggestion.nearest(to: "xyz", in: ["cpu", "io"]) == nil)
        #expect(Suggestion.nearest(to: "ip", in: ["cpu", "io"]) == nil)
    }
}
