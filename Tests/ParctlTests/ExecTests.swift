import Catalogue
import Control
import Foundation
import Glibc
import Linux
import Testing

@testable import parctl

@Suite struct ArgumentListTests {
    /// The arguments that are read from a file which holds `bytes`.
    private func arguments(_ bytes: [UInt8], end: UInt8 = 10, longest: Int = ArgumentList.longestArgument) throws
        -> [String]
    {
        var template = Array("/tmp/parctl-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }
        try writeAll(descriptor, bytes)
        close(descriptor)
        var list = ArgumentList()
        try list.read(path, end: end, longest: longest)
        return list.arguments.map(\.text)
    }

    /// What is said of a file that holds `bytes`, but for its name; nil where it is taken.
    private func complaint(_ bytes: [UInt8], longest: Int = ArgumentList.longestArgument) throws -> String? {
        do {
            _ = try arguments(bytes, longest: longest)
            return nil
        } catch {
            guard let failure = error as? CommandError, case .input(_, let reason) = failure else { throw error }
            return reason
        }
    }

    @Test func `lines are arguments, the last one with or without its end`() throws {
        func lines(_ text: String, end: UInt8 = 10) throws -> [String] { try arguments(Array(text.utf8), end: end) }
        #expect(try lines("a\nb\n") == ["a", "b"])
        #expect(try lines("a\nb") == ["a", "b"])
        #expect(try lines("a\n\nb\n") == ["a", "", "b"])
        #expect(try lines("") == [])
        #expect(try lines("a\nb\0c\0", end: 0) == ["a\nb", "c"])
    }

    @Test func `a line may lie across the blocks that are read`() throws {
        let long = String(repeating: "x", count: 100_000)
        #expect(try arguments(Array("a\n\(long)\n\(long)b\n".utf8)) == ["a", long, long + "b"])
    }

    @Test func `what a call can't carry is refused, with its number`() throws {
        #expect(
            try complaint([97, 10, 98, 0, 10])
                == "argument 2 has a NUL in it: use -0")
    }

    @Test func `what is longer than an argument may be is refused, and what is as long is taken`() throws {
        #expect(try complaint(Array("abc\nabcd\n".utf8), longest: 4) == nil)
        #expect(try complaint(Array("abc\nabcd".utf8), longest: 4) == nil)
        let reason =
            "argument 2 is longer than 4 bytes, the most that one may have"
        #expect(try complaint(Array("abc\nabcde\n".utf8), longest: 4) == reason)
        #expect(try complaint(Array("abc\nabcde".utf8), longest: 4) == reason)
    }

    @Test(arguments: ["/dev/zero", "/dev/urandom"])
    func `an input without an end is refused`(path: String) {
        var list = ArgumentList()
        let error = #expect(throws: CommandError.self) { try list.read(path, end: 10) }
        #expect(error?.message?.hasPrefix("\(path) can't be read: ") == true)
    }

    @Test func `more arguments than a run may have are refused, and so are more bytes`() throws {
        #expect(
            try complaint(Array(repeating: 10, count: ArgumentList.maximumArguments + 1))
                == "there are more than 1000000 arguments, the most for one run: run them in parts")
        let line = [UInt8](repeating: 97, count: 1 << 16) + [10]
        #expect(try complaint(Array(repeating: line, count: 129).flatMap(\.self))?.contains("more than 8 MiB") == true)
    }

    @Test func `what a joblog knows is passed over, and the others keep their numbers`() throws {
        var list = ArgumentList(without: [1, 3])
        for (index, text) in ["a", "b", "c", "d"].enumerated() {
            #expect(list.arguments.count == [0, 0, 1, 1][index])
            try list.add(Array(text.utf8)[...], of: "f")
        }
        #expect(list.arguments.map(\.number) == [2, 4])
        #expect(list.arguments.map(\.text) == ["b", "d"])
    }

    @Test func `a directory is told to be one`() {
        var list = ArgumentList()
        do {
            try list.read("/tmp", end: 10)
            Issue.record("it was read")
        } catch {
            #expect(error.message == "/tmp can't be read: Is a directory; nothing was run")
        }
    }
}

@Suite struct ExecPlanTests {
    @Test(arguments: [
        ([], ["a", "b", "c"]), (["--resume"], ["c"]), (["--resume-failed"], ["b", "c"]),
    ])
    func `a joblog says what has been run, and stays as it is until there is a run`(
        options: [String], left: [String]
    ) throws {
        let path = FileManager.default.temporaryDirectory.path + "/joblog-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let lines = [
            "Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand",
            "1\t:\t1.000\t1.000\t0\t0\t3\t0\techo a", "2\t:\t1.000\t1.000\t0\t0\t0\t9\techo b",
            "1\t:\t1.000\t1.000\t0\t0\t0\t0\techo a", "",
        ].joined(separator: "\n")
        try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
        let words = try CommandWords.read(
            ["exec"] + options + ["--joblog", path, "--", "echo", ":::", "a", "b", "c"])
        #expect(try ExecPlan(words).jobs.map { String(decoding: $0.arguments[0], as: UTF8.self) } == left)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == Data(lines.utf8))
    }

    @Test(arguments: [[], ["--trim", "n"], ["-r"], ["-E", "none"]])
    func `arguments of a file are the same whether they are taken one by one or many at once`(options: [String]) throws
    {
        var generator = SystemRandomNumberGenerator()
        let lines = (0..<20_000).map { _ in String(repeating: "x", count: Int.random(in: 1...40, using: &generator)) }
        let path = FileManager.default.temporaryDirectory.path + "/arguments-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(("\u{FEFF}" + lines.joined(separator: "\n")).utf8).write(to: URL(fileURLWithPath: path))
        let words = try CommandWords.read(["exec", "-N", "3", "-a", path] + options + ["--", "echo", "a"])
        let jobs = try ExecPlan(words, readsAll: true).jobs
        #expect(jobs.flatMap(\.arguments) == lines.map { Array($0.utf8) })
        #expect(jobs.dropLast().allSatisfy { $0.words.count == 3 } && jobs.last?.words.count == 2)
        #expect(try ExecPlan(words, readsAll: true).command(of: jobs[0]).texts == ["echo", "a"] + lines[..<3])
    }
}

@Suite struct JobLogTests {
    @Test func `a command stays on its line and in its column, whatever its words hold`() {
        #expect(
            JobLogFile.oneColumn(Array("echo 'a\nb'\t'c\r\nd'".utf8)) == Array("echo 'a\0b'\\t'c\\r\0d'".utf8))
    }

    @Test func `a command's newline ends no line of the log, nor does a CR keep one from ending`() throws {
        let path = FileManager.default.temporaryDirectory.path + "/joblog-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let log = try JobLogFile(path, resume: .no)
        try log.begin()
        let command = CommandRecord(
            exitCode: 0, signal: 0, tries: 1, spawn: 1, command: 1, user: 0, system: 0, peakMemory: 0, stdoutBytes: 0,
            stderrBytes: 0)
        let record = Record(
            task: 0, worker: 0, pid: 1, tid: 1, start: 0, stop: 1, cpu: 0, attempt: 1, status: "ok", value: 0,
            reason: nil, command: command)
        let hostile = "echo 'x\n3\t:\t1.000\t1.000\t0\t0\t0\t0\ty\r'"
        try log.add(record, number: 1, line: Array(hostile.utf8))
        try log.add(record, number: 2, line: Array("echo\r".utf8))
        #expect(try JobLogFile(path, resume: .all).known == [1, 2])
        // Lines of another program, ended as Windows does.
        let lines = "1\t:\t1\t1\t0\t0\t0\t0\techo\r\n2\t:\t1\t1\t0\t0\t0\t0\techo\r\n"
        try Data(lines.utf8).write(to: URL(fileURLWithPath: path))
        #expect(try JobLogFile(path, resume: .all).known == [1, 2])
    }
}

@Suite struct ExecWordsTests {
    @Test(arguments: [
        (["run", "exec", "grep", "--json", "--", "{}"], ["run", "exec", "--", "grep", "--json", "--", "{}"]),
        (["run", "exec", "--threads", "2", "-k", "ls"], ["run", "exec", "--threads", "2", "-k", "--", "ls"]),
        (["run", "exec", "--retries", "2", "ls"], ["run", "exec", "--retries", "2", "--", "ls"]),
        (["run", "exec", "--", "ls"], ["run", "exec", "--", "ls"]),
        (["run", "io", "--size", "1KiB"], ["run", "io", "--size", "1KiB"]),
        (["--socket", "/s", "run", "exec", "ls"], ["--socket", "/s", "run", "exec", "--", "ls"]),
        (["--socket", "run", "run", "exec", "ls"], ["--socket", "run", "run", "exec", "--", "ls"]),
        (["run", "--threads", "2", "exec", "ls"], ["run", "--threads", "2", "exec", "--", "ls"]),
        (["run", "io", "--dir", "exec", "x"], ["run", "io", "--dir", "exec", "x"]),
        (["compare", "exec", "--csv", "ls", "-r", "{}"], ["compare", "exec", "--csv", "--", "ls", "-r", "{}"]),
        (
            ["compare", "exec", "--markdown", "-r", "7", "ls"],
            ["compare", "exec", "--markdown", "-r", "7", "--", "ls"]
        ),
    ])
    func `the command begins with the first word that is no option`(words: [String], separated: [String]) {
        #expect(CommandWords.separatingCommand(words) == separated)
    }

    @Test(arguments: [
        (["run", "exec", "ls"], true), (["--color", "never", "run", "--threads", "2", "exec", "--bad"], true),
        (["run", "--retries", "2", "exec"], true), (["run", "--", "exec"], true), (["run", "io", "exec"], false),
        (["run", "io", "--dir", "exec", "--bad"], false), (["compare", "exec", "ls"], false),
        (["--socket", "run", "jobs", "exec"], false), (["run"], false), ([], false),
    ])
    func `only a run of commands has the exit statuses of one`(words: [String], isOne: Bool) {
        #expect(CommandWords.runsCommands(words) == isOne)
    }

    @Test func `the command and its arguments are taken as they are`() throws {
        let words = try CommandWords.read([
            "exec", "--retries", "2", "-k", "--", "grep", "-k", "--", "{}", ":::", "--x",
        ])
        #expect(words.arguments == ["retries": "2"])
        #expect(words.client == ["keep-order": ["true"]])
        #expect(words.operands == ["grep", "-k", "--", "{}", ":::", "--x"])
    }

    @Test func `a halt says when and after how many failures`() throws {
        #expect(try Halt.option("now,fail=1") == Halt(failures: 1, now: true))
        #expect(try Halt.option("soon,fail=20") == Halt(failures: 20, now: false))
        for text in ["", "now", "fail=1", "later,fail=1", "now,fail=0", "now,fail=", "now,success=1", "now,fail=1,x"] {
            #expect(throws: (any Error).self) { try Halt.option(text) }
        }
    }
}

@Suite struct ExecEndTests {
    private func record(
        task: Int = 0, stop: Int = 1, code: Int = 1, signal: Int = 0, spawn: Int = 1
    ) -> Record {
        Record(
            task: task, worker: 0, pid: 1, tid: 1, start: 0, stop: stop, cpu: 0, attempt: 1, status: "failed", value: 0,
            reason: "any",
            command: CommandRecord(
                exitCode: code, signal: signal, tries: 1, spawn: spawn, command: 1, user: 0, system: 0,
                peakMemory: 0, stdoutBytes: 0, stderrBytes: 0))
    }

    @Test func `a run that failed says how many commands did, and 255 where none was to blame`() {
        func status(_ tasks: Tasks, _ halt: Halt? = nil, first: Int32? = nil) -> Int32 {
            ExecStatus.status(tasks, halt: halt, firstFailure: first)
        }
        #expect(status(Tasks(failed: 2, lost: 1)) == 3)
        #expect(status(Tasks(failed: 500)) == 101)
        #expect(status(Tasks(cancelled: 3)) == 255)
        #expect(status(Tasks(cancelled: 3), Halt(failures: 1, now: true)) == 255)
        #expect(status(Tasks(failed: 2), Halt(failures: 1, now: true), first: 7) == 7)
        #expect(status(Tasks(failed: 2), Halt(failures: 2, now: true), first: 7) == 2)
    }

    @Test func `the first failure is the one that ended first, in whatever order they are told`() {
        let records = [record(stop: 30, code: 3), record(stop: 10, code: -1, signal: 9), record(stop: 20, code: 4)]
        let first = records.reduce(nil) { FirstFailure($1, or: $0) }
        #expect(first?.status == 137)
    }
}

@Suite struct JobLogMendingTests {
    private let line = "12\t:\t1795711819.458\t     0.001\t0\t3\t0\t0\techo 'a b'"

    private func mended(_ cut: String) -> (text: String, number: Int?) {
        let bytes = Array(("Seq\tHost\n" + cut).utf8)
        guard let mending = JobLogMending(bytes, from: 0) else { return (String(decoding: bytes, as: UTF8.self), nil) }
        return (String(decoding: bytes.prefix(mending.keptBytes) + mending.addition, as: UTF8.self), mending.number)
    }

    @Test func `a log that was cut anywhere has whole lines again, and knows what was run`() {
        for length in 1...line.utf8.count {
            let (text, number) = mended(String(line.prefix(length)))
            #expect(text.hasSuffix("\n"))
            let lines = text.split(separator: "\n").dropFirst()
            if length < 3 {
                #expect(lines.isEmpty)
            } else {
                let fields = lines.first?.split(separator: "\t", omittingEmptySubsequences: false)
                #expect(fields?.count == 9 && fields?.first == "12")
                // Only where the whole of it is there, its end is known.
                let isKnown = line.prefix(length).filter { $0 == "\t" }.count == 8
                #expect(number == (isKnown ? nil : 12), "\(length)")
            }
        }
    }

    @Test func `a whole log stays as it is`() {
        #expect(JobLogMending(Array((line + "\n").utf8), from: 100) == nil)
        #expect(JobLogMending(Array("Seq\tHo".utf8), from: 0)?.keptBytes == 0)
    }
}

@Suite struct PipeReaderTests {
    private func parts(_ text: String, _ change: (inout PipeOptions) -> Void) -> [String] {
        var options = PipeOptions()
        change(&options)
        var rest = Array(text.utf8)
        var parts: [String] = []
        while let count = end(in: rest, options) {
            parts.append(String(decoding: rest.prefix(count), as: UTF8.self))
            rest.removeFirst(count)
        }
        return parts
    }

    /// The end of the first part, which is the same whether its bytes come at once or one by one.
    private func end(in bytes: [UInt8], _ options: PipeOptions) -> Int? {
        var search = PartSearch(options)
        let whole = search.end(in: bytes, isLast: true)
        search = PartSearch(options)
        for count in bytes.indices {
            // One that is found before is the whole one's, too.
            if let early = search.end(in: Array(bytes[..<count]), isLast: false) {
                #expect(early == whole)
                return whole
            }
        }
        #expect(search.end(in: bytes, isLast: true) == whole)
        return whole
    }

    @Test func `a part has as many whole records as go into a block`() {
        #expect(parts("1\n22\n333\n4") { $0.blockBytes = 5 } == ["1\n22\n", "333\n4"])
        #expect(parts("longer\n1\n") { $0.blockBytes = 3 } == ["longer\n", "1\n"])
        #expect(parts("a;b;c") { ($0.records, $0.end) = (1, [0x3B]) } == ["a;", "b;", "c"])
        #expect(
            parts(">a\n1\n>b\n2\n") { ($0.blockBytes, $0.end, $0.start) = (6, [], [0x3E]) } == [">a\n1\n", ">b\n2\n"])
    }

    @Test func `what may not be all of it waits`() {
        var search = PartSearch(PipeOptions())
        #expect(search.end(in: Array("1\n2\n".utf8), isLast: false) == nil)
    }

    @Test func `a part that gets long is looked at once`() {
        var options = PipeOptions()
        options.blockBytes = 1
        var search = PartSearch(options)
        var bytes = [UInt8](repeating: 0x61, count: 100_000)
        // Looked at from the beginning each time, it would take minutes.
        for _ in 0..<20_000 {
            #expect(search.end(in: bytes, isLast: false) == nil)
            bytes.append(0x61)
        }
        bytes.append(0x0A)
        #expect(search.end(in: bytes, isLast: false) == 120_001)
        options.records = .max
        options.lines = 2
        search = PartSearch(options)
        #expect(search.end(in: bytes, isLast: true) == 120_001)
    }
}

@Suite struct HeldOutputsTests {
    private func printed(inOrder: Bool, _ parts: [(Int, String, Bool)]) throws -> String {
        let held = HeldOutputs(inOrder: inOrder)
        var text = ""
        for (index, output, isLast) in parts {
            var part = HeldOutputs.Part(job: ExecJob(number: index + 1, arguments: []), slot: 1)
            part.output = Array(output.utf8)
            part.isLast = isLast
            try held.take(part, at: index) { part, isFirst in
                text += (isFirst ? "<" : "") + String(decoding: part.output, as: UTF8.self) + (part.isLast ? ">" : "")
            }
        }
        return text
    }

    @Test func `what a command writes stays together`() throws {
        let parts = [(1, "a", false), (0, "x", true), (1, "b", true), (2, "c", true)]
        #expect(try printed(inOrder: false, parts) == "<ab><x><c>")
        #expect(try printed(inOrder: true, parts) == "<x><ab><c>")
    }

    @Test func `no command begins while too many are ahead, but the one that they wait for`() throws {
        let held = HeldOutputs(inOrder: true)
        var count = 0
        func end(_ index: Int) throws {
            var part = HeldOutputs.Part(job: ExecJob(number: index + 1, arguments: []), slot: 1)
            part.isLast = true
            try held.take(part, at: index) { _, _ in count += 1 }
        }
        for index in 1...1 << 16 {
            #expect(held.admits(at: nil))
            try end(index)
        }
        #expect(!held.admits(at: nil))
        // It was begun, and failed or was refused: it is to be begun again.
        #expect(held.admits(at: 0))
        try end(0)
        #expect(held.admits(at: nil) && count == 1 + 1 << 16)
    }

    @Test func `what waits for a command that is never begun is handed out in the end`() throws {
        let held = HeldOutputs(inOrder: true)
        var text = ""
        func print(_ part: HeldOutputs.Part, isFirst: Bool) {
            text += (isFirst ? "<" : "") + String(decoding: part.output, as: UTF8.self) + (part.isLast ? ">" : "")
        }
        for (index, output, isLast) in [(3, "c", true), (1, "a", false), (1, "b", true)] {
            var part = HeldOutputs.Part(job: ExecJob(number: index + 1, arguments: []), slot: 1)
            part.output = Array(output.utf8)
            part.isLast = isLast
            try held.take(part, at: index, print)
        }
        #expect(text == "")
        try held.end(print)
        #expect(text == "<ab><c>")
    }

    @Test func `what is much waits in a file`() throws {
        let much = String(repeating: "y", count: 5 << 20)
        let text = try printed(inOrder: true, [(1, much, false), (2, much, true), (1, "z", true), (0, "x", true)])
        #expect(text == "<x><\(much)z><\(much)>")
    }
}
