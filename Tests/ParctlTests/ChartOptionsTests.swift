import ArgumentParser
import Control
import Glibc
import Report
import Testing

@testable import parctl

@Suite struct ChartOptionsTests {
    private func charts(_ arguments: String...) throws -> Charts {
        let command = try Parctl.parseAsRoot(CommandWords.expandingBare(["run", "noop"] + arguments))
        return try #require(command as? RunCommand).charts.values
    }

    @Test func `a timeline has a row a worker, or a row a task where that is asked for`() throws {
        #expect(try charts("--timeline").timeline == .workers)
        #expect(try charts("--timeline", "--threads", "2").timeline == .workers)
        #expect(try charts("--timeline=tasks").timeline == .tasks)
        let error = #expect(throws: (any Error).self) { try charts("--timeline=rows") }
        #expect(error.map { Parctl.message(for: $0).contains("'rows' is invalid") } == true)
        #expect(try charts().timeline == nil)
    }

    @Test func `whatever is drawn needs the tasks' records`() throws {
        #expect(try !charts().needRecords)
        for option in ["--timeline", "--svg=a", "--html=a", "--trace=a"] { #expect(try charts(option).needRecords) }
    }

    @Test func `standard output is for one thing`() throws {
        try charts("--html", "-").check(data: nil, help: "")
        try charts("--html", "a", "--svg", "b").check(data: "--json", help: "")
        func refusal(_ arguments: [String], data: String? = nil) -> String? {
            #expect(throws: CommandError.self) {
                let command = try Parctl.parseAsRoot(CommandWords.expandingBare(["run", "noop"] + arguments))
                try #require(command as? RunCommand).charts.values.check(data: data, help: "")
            }?.message
        }
        #expect(refusal(["--html", "-"], data: "--json")?.contains("--json and '-' both write") == true)
        #expect(refusal(["--html", "-", "--svg", "-"])?.contains("only one thing can be written") == true)
        #expect(refusal(["--html", "a", "--trace", "a"])?.contains("two things can't be written to 'a'") == true)
        #expect(refusal(["--html", ""])?.contains("a file has a name") == true)
    }

    @Test func `a file keeps what it holds until it is written`() throws {
        var template = Array("/tmp/parctl-test-XXXXXX".utf8CString)
        let descriptor = mkstemp(&template)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        defer { unlink(path) }
        #expect(write(descriptor, "what was there", 14) == 14)
        func use(writing: Bool) throws {
            var file = try ExportFile(path)
            if writing { try file.write(Array("new".utf8)) }
        }
        try use(writing: false)
        #expect(lseek(descriptor, 0, SEEK_END) == 14)
        try use(writing: true)
        #expect(lseek(descriptor, 0, SEEK_END) == 3)
    }

    @Test func `a file that was not there is taken away again where nothing was written`() throws {
        let path = "/tmp/parctl-test-\(getpid())"
        func use() throws {
            let file = try ExportFile(path)
            #expect(access(file.path, F_OK) == 0)
        }
        try use()
        #expect(access(path, F_OK) != 0)
    }

    @Test func `a file that can't be opened is wrong usage, and one that can't be written a failure`() {
        let error = #expect(throws: CommandError.self) { try ExportFile("/nonexistent/page.html").path }
        guard case .export("/nonexistent/page.html", ENOENT) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(CommandError.export(path: "/x", errno: ENOENT).status == .usage)
        #expect(CommandError.exporting(path: "/x", errno: ENOSPC).status == .failed)
    }
}
