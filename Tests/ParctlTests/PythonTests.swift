import Control
import Testing

@testable import parctl

@Suite("What is typed behind python")
struct PythonTests {
    private func plan(_ words: [String], in directory: String = "/") throws -> FunctionPlan {
        let prepared = try CommandWords.prepared(["run", "python"] + words)
        return try FunctionPlan(try CommandWords.read(Array(prepared.dropFirst()), in: directory), in: directory)
    }

    @Test("begins with a file or a module and a function, of which a file's path is made absolute")
    func target() throws {
        // Any file that can be read will do: nothing here loads it.
        #expect(try plan(["./passwd:work", "--python", "/bin/sh"], in: "/etc").function == "/etc/passwd:work")
        #expect(try plan(["app.settings:work", "--python", "/bin/sh"]).function == "app.settings:work")
        let missing = #expect(throws: CommandError.self) { try plan(["missing.py:work", "--python", "/bin/sh"]) }
        #expect(missing?.message?.contains("missing.py can't be read: No such file") == true)
        for wrong in [[], ["work"], [":work"], ["app:"]] {
            let error = #expect(throws: CommandError.self, "\(wrong)") { try plan(wrong) }
            #expect(error?.message?.contains("which function? For example: parctl run python") == true)
        }
    }

    @Test("may name an interpreter, whose path is kept as it is, as an environment is found by it")
    func interpreter() throws {
        #expect(try plan(["app:work", "--python", "bin/sh"], in: "/usr").interpreter == "/usr/bin/sh")
        #expect(try plan(["app:work", "--python", "./bin/sh"], in: "/usr").interpreter == "/usr/bin/sh")
        let none = #expect(throws: CommandError.self) { try plan(["app:work", "--python", "/bin/no-python"]) }
        #expect(none?.message?.contains("there is no program '/bin/no-python'") == true)
    }

    @Test("is asked for with the interpreter, the caller's place and the items as a file")
    func request() throws {
        var request = Run.Request(workload: "python")
        try plan(["app:work", "--python", "/bin/sh", "--pickle", "/tmp/x", "a", "b"]).put(into: &request)
        #expect(request.arguments == ["function": "app:work", "python": "/bin/sh", "results": "pickle"])
        #expect(request.context?.environment.isEmpty == false)
        #expect(request.block == Run.Block(descriptor: 0, table: 0) && request.tasks == 2 && request.results == true)
    }

    @Test("keeps results in one way")
    func keeping() throws {
        for (words, text) in [
            (["--pickle", "/tmp/x", "--output", "/tmp/y"], "by --output or by --pickle"),
            (["--pickle", "/tmp/x", "--tag"], "--tag is for results that are printed, and --pickle"),
            (["--resume"], "need a joblog"),
        ] {
            let error = #expect(throws: CommandError.self) {
                try plan(["app:f", "--python", "/bin/sh"] + words + ["a"])
            }
            #expect(error?.message?.contains(text) == true)
        }
    }

    @Test("a task without a result has an exception in its place in the file of pickles")
    func pickles() {
        #expect(
            Pickle.exception("né")
                == [0x80, 2] + Array("cbuiltins\nRuntimeError\nX".utf8) + [3, 0, 0, 0] + Array("né".utf8) + [0x85]
                + Array("R.".utf8))
    }
}
