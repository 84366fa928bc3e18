import Testing

@testable import parctl

/// Commands with places, apart from processes and files.
@Suite struct CommandTemplateTests {
    private func template(
        _ words: [String], way: CommandTemplate.Way = .words, plus: Bool = false, names: [String]? = nil,
        repeats: Bool = false
    ) throws -> CommandTemplate {
        var reader = PlaceReader()
        reader.hasMore = plus
        reader.names = names?.map { Array($0.utf8) }
        return try CommandTemplate(words.map { Array($0.utf8) }, way: way, reader: reader, repeatsWords: repeats)
    }

    private func values(_ arguments: [String], number: Int = 7) -> CommandTemplate.Values {
        CommandTemplate.Values(arguments: arguments.map { Array($0.utf8) }, number: number, slot: 2, total: 100)
    }

    private func texts(_ words: [[UInt8]]) -> [String] { words.map { String(decoding: $0, as: UTF8.self) } }

    @Test(arguments: [
        ("{}", "dir/file.txt"), ("{.}", "dir/file"), ("{/}", "file.txt"), ("{//}", "dir"), ("{/.}", "file"),
        ("{#}", "7"), ("{%}", "2"), ("{##}", "100"), ("{1}", "dir/file.txt"), ("{-1/.}", "file"), ("{1.}", "dir/file"),
        ("x{}y{}", "xdir/file.txtydir/file.txt"), ("{", "{"), ("{}}", "dir/file.txt}"), ("{?}{/}", "{?}file.txt"),
        ("{print}", "{print}"), ("${#x}", "${#x}"), ("{,.bak}", "{,.bak}"),
    ])
    func `a place is filled, and nothing else`(word: String, filled: String) throws {
        let template = try template(["cmd", word, "{}"])
        #expect(texts(template.command(values(["dir/file.txt"])))[1] == filled)
    }

    @Test(arguments: [
        ("{..}", "d/a"), ("{+/}", "d"), ("{/..}", "a"), ("{+.}", "c"), ("{+..}", "b.c"), ("{...}", "d/a.b.c"),
        ("{%.c}", "d/a.b"), ("{#d/}", "a.b.c"), ("{/a/X}", "d/X.b.c"), ("{//./-}", "d/a-b-c"), ("{:2}", "a.b.c"),
        ("{:2:1}", "a"), ("{:-z}", "d/a.b.c"), ("{^d}", "D/a.b.c"), ("{^^c}", "d/a.b.C"), ("{0#}", "007"),
    ])
    func `more places are there on demand, and are named without it`(word: String, filled: String) throws {
        let template = try template(["cmd", word], plus: true)
        #expect(texts(template.command(values(["d/a.b.c"])))[1] == filled)
        let fault = #expect(throws: CommandTemplate.Fault.self) { try self.template(["cmd", word]) }
        #expect(fault?.text.contains("--plus") == true)
    }

    @Test(arguments: ["{%.*}", "{##*b}", "{/[0-9]+/N}", "{1%.[a-z]+}"])
    func `changes by patterns are refused rather than left as they are`(word: String) {
        let fault = #expect(throws: CommandTemplate.Fault.self) { try template(["cmd", word], plus: true) }
        #expect(fault?.text.contains("pattern") == true)
    }

    @Test(arguments: ["{1,2}", "{3,}", "{1:2}", "{%n,%s}", "{%%d}", "${host}"])
    func `braces of other programs stay as they are`(word: String) throws {
        #expect(texts(try template(["cmd", word]).command(values(["x"]))) == ["cmd", word, "x"])
    }

    @Test(arguments: ["{= $_=uc =}", "{=1 s/a/b/ =}", "{choose_k}", "{sshlogin}"])
    func `what is not known here is refused in words`(word: String) {
        #expect(throws: CommandTemplate.Fault.self) { try template(["cmd", word]) }
    }

    @Test(arguments: [
        ("file", "file", "file", "."), ("/file", "/file", "file", "/"), ("a.b/c", "a.b/c", "c", "a.b"),
        ("a.tar.gz", "a.tar", "a.tar.gz", "."), ("", "", "", "."), (".hidden", "", ".hidden", "."),
        ("a/", "a/", "", "."), ("a/b/", "a/b/", "", "a"), ("/", "/", "", "/"), ("a//b", "a//b", "b", "a"),
    ])
    func `odd paths have odd parts`(path: String, stem: String, last: String, directory: String) throws {
        let command = try template(["{.}", "{/}", "{//}"]).command(values([path]))
        #expect(texts(command) == [stem, last, directory])
    }

    @Test func `bytes that are no text go through whole`() throws {
        let odd: [UInt8] = [0xFF, 0x2F, 0xC3, 0x2E, 0x80]
        let command = try template(["{.}", "{/}", "{}"]).command(
            CommandTemplate.Values(arguments: [odd], number: 1))
        #expect(command == [[0xFF, 0x2F, 0xC3], [0xC3, 0x2E, 0x80], odd])
    }

    @Test func `a missing argument makes no word, and an empty one an empty word`() throws {
        let template = try template(["cmd", "{1}", "{2}", "x{2}"])
        #expect(texts(template.command(values(["a"]))) == ["cmd", "a", "x"])
        #expect(texts(template.command(values(["a", ""]))) == ["cmd", "a", "", "x"])
    }

    @Test func `several arguments are several words, and those of -X repeat theirs`() throws {
        #expect(texts(try template(["c", "x{}y"]).command(values(["a", "b"]))) == ["c", "xa", "by"])
        #expect(texts(try template(["c", "x{}y"], repeats: true).command(values(["a", "b"]))) == ["c", "xay", "xby"])
    }

    @Test func `a command without a place has the arguments at its end`() throws {
        #expect(texts(try template(["echo", "-n"]).command(values(["a b", "c"]))) == ["echo", "-n", "a b", "c"])
    }

    @Test func `columns have names, and another name is told`() throws {
        let template = try template(["{b.}-{a}"], names: ["a", "b"])
        #expect(texts(template.command(values(["1", "2.x"]))) == ["2-1"])
        let fault = #expect(throws: CommandTemplate.Fault.self) { try self.template(["{c}"], names: ["a", "b"]) }
        #expect(fault?.text == "there is no column {c}: the headings are {a}, {b}")
    }

    @Test func `a shell gets one line, with the argument quoted`() throws {
        let template = try template(["echo", "{} | wc"], way: .shell("/bin/sh"))
        #expect(
            texts(template.command(values(["it's; rm -rf"]))) == ["/bin/sh", "-c", "echo 'it'\"'\"'s; rm -rf' | wc"])
    }

    @Test(arguments: [
        (["mv", "{}", "{.}.md"], "a b.x", "mv 'a b.x' 'a b'.md"), (["sh", "-c", "exit {}"], "0", "sh -c 'exit 0'"),
        (["cp", "{}", "host:/x/"], "a", "cp a host:/x/"), (["echo", ""], "", "echo '' ''"),
    ])
    func `a command is shown as it was typed, quoted where a shell would make something else of it`(
        words: [String], argument: String, line: String
    ) throws {
        #expect(String(decoding: try template(words).line(values([argument])), as: UTF8.self) == line)
    }

    @Test(arguments: [
        ("plain", "plain"), ("", "''"), ("a b", "'a b'"), ("it's", "'it'\"'\"'s'"), ("$x", "'$x'"), ("'", "\"'\""),
        ("a=b", "'a=b'"),
    ])
    func `words are quoted as GNU parallel quotes them`(word: String, quoted: String) {
        #expect(String(decoding: ShellText.quoted(Array(word.utf8)), as: UTF8.self) == quoted)
    }

    @Test(arguments: [
        (["gzip -c {} > {}.gz"], true), (["gzip", "-k", "{}"], false), (["sh", "-c", "a | b"], false),
        (["echo", "{}", "|", "wc"], true), (["find", "{}", "-exec", "ls", "{}", ";"], false), (["a", ";", "b"], true),
        (["exit", "{}"], true), (["echo", "\"{}\""], true), (["perl", "-ne", "'print'"], true),
        (["cp", "{}", "$DIR/x"], true), (["cp", "{}", "$NO/x"], false), (["awk", "{print $DIR}"], false),
        (["a", "--b=\"c d\""], true),
        (["awk", "{print \"a\"}"], false), (["echo", "\""], false), (["A=b", "env"], true), (["echo"], false),
        (["[", "-f", "{}", "]"], true),
    ])
    func `a shell runs what only a shell understands`(words: [String], isLine: Bool) {
        #expect(CommandTemplate.Way.isLine(words.map(\.bytes), isVariable: { $0 == "DIR" }) == isLine)
    }
}

@Suite struct CombinationsTests {
    private func rows(_ lists: [[String]], links: [Bool]? = nil, all: Bool = false) -> [String] {
        var combinations = Combinations(
            lists.map { $0.map { Array($0.utf8) } }, links: links ?? Array(repeating: false, count: lists.count),
            all: all)
        var rows: [String] = []
        var isLater = false
        while let row = combinations.next(&isLater, { () throws(Never) -> Combinations.Next in .end }) {
            rows.append(row.map { String(decoding: $0, as: UTF8.self) }.joined())
        }
        return rows
    }

    @Test func `each argument goes with each, the last source varying fastest`() {
        #expect(rows([["a", "b"], ["1", "2"], ["x"]]) == ["a1x", "a2x", "b1x", "b2x"])
        // One without any, beside others, stands for one that is empty.
        #expect(rows([["a", "b"], []]) == ["a", "b"])
        #expect(rows([[], []]) == [])
    }

    @Test func `linked sources go side by side, as far as the shorter one goes`() {
        #expect(rows([["a", "b", "c"], ["1", "2"]], links: [false, true]) == ["a1", "b2"])
        #expect(
            rows([["a", "b"], ["1", "2"], ["x", "y"]], links: [false, true, false]) == ["a1x", "a1y", "b2x", "b2y"])
        #expect(rows([["a", "b", "c"], ["1", "2"]], all: true) == ["a1", "b2", "c1"])
    }

    @Test func `a source that is read as it comes waits for what has not come`() {
        var combinations = Combinations([nil, [[1], [2]]], links: [false, false], all: false)
        var coming: [Combinations.Next] = [.later, .argument([9]), .later, .argument([8]), .end]
        var isLater = false
        var rows: [[[UInt8]]?] = []
        for _ in 0..<7 {
            rows.append(combinations.next(&isLater) { () throws(Never) -> Combinations.Next in coming.removeFirst() })
        }
        #expect(rows == [nil, [[9], [1]], [[9], [2]], nil, [[8], [1]], [[8], [2]], nil])
        #expect(!isLater)
    }
}

@Suite struct JobCountTests {
    @Test(arguments: [
        ("4", 4), ("+2", 6), ("-1", 3), ("50%", 2), ("150%", 6), ("10.5%", 1), ("0", 99), ("-4", nil), ("-9", nil),
    ])
    func `a number of jobs goes by the processors`(text: String, number: Int?) throws {
        #expect(try #require(JobCount(text)).number(processors: 4, most: 99) == number)
    }

    @Test(arguments: ["", "x", "4x", "%", "--1", "4.5", "1e3", "-5%"])
    func `what is no number of jobs is none`(text: String) {
        #expect(JobCount(text) == nil)
    }
}

@Suite struct HaltsTests {
    @Test func `all forms are read`() {
        func read(_ text: String) -> Halts? { Halts.read(text) ?? nil }
        #expect(read("now,fail=2") == Halts(isNow: true, kind: .fail, amount: .count(2)))
        #expect(read("soon,success=20%") == Halts(isNow: false, kind: .success, amount: .percent(20)))
        #expect(read("2") == Halts(isNow: true, kind: .fail, amount: .count(1)))
        #expect(read("10%") == Halts(isNow: false, kind: .fail, amount: .percent(10)))
        #expect(read("never") == nil)
        for text in ["", "now", "later,fail=1", "now,fail=0", "now,fail=x", "now,fail=101%", "now,none=1"] {
            let isKnown = Halts.read(text) != nil
            #expect(!isKnown)
        }
    }
}

@Suite struct ExecLineTests {
    private func spelled(_ words: String...) throws -> [String] {
        try ExecLine.spelled(words[...]) { ["--threads", "--output-limit"].contains($0) }
    }

    @Test func `letters may stand together, and values behind them`() throws {
        #expect(
            try spelled("-kj4", "-X", "echo", "-k") == [
                "--keep-order", "--jobs=4", "--many", "--spread", "--", "echo", "-k",
            ])
        #expect(
            try spelled("-P", "+2", "-N2", "--", "ls") == ["--jobs=+2", "--max-args=2", "--repeat-words", "--", "ls"])
        #expect(try spelled("--threads", "2", "--will-cite", "--bar", "ls") == ["--threads", "2", "--", "ls"])
        #expect(try spelled("--halt", "2", "--block", "1M") == ["--halt=now,fail=1", "--block=1MiB"])
        #expect(try spelled("--halt-on-error=soon,success=1", "ls") == ["--halt-when=soon,success=1", "--", "ls"])
        #expect(try spelled("-j4", ":::", "echo a") == ["--jobs=4", "--", ":::", "echo a"])
    }

    @Test(arguments: [("--sshlogin", "ssh"), ("-S", "ssh"), ("--pipepart", "--pipe"), ("--onall", "ssh")])
    func `what is not here says what to do instead`(word: String, instead: String) {
        let error = #expect(throws: CommandError.self) { try spelled(word, "x", "ls") }
        #expect(error?.message?.contains(instead) == true)
    }
}
