import Control
import Testing

@testable import parctl

/// How lines of `parctl python` are read: as python3 would read what is behind the options of its own.
@Suite struct PythonLineTests {
    private func read(_ words: String...) -> PythonLine? { PythonLine(words) }

    @Test func `a script's own words stay as they are`() throws {
        let line = try #require(read("python", "--preload", "numpy", "-u", "a.py", "-c", "--why", "--", "x"))
        #expect(line.preload == ["numpy"] && line.unbuffered && !line.why)
        #expect(line.kind == .file && line.script == "a.py" && line.arguments == 4)
        #expect(line.words == ["-u", "a.py", "-c", "--why", "--", "x"] && line.coldReason == nil)
    }

    @Test func `letters stand together, and with what they take`() throws {
        let command = try #require(read("python", "-uc", "pass", "a"))
        #expect(command.kind == .command && command.script == "pass" && command.unbuffered && command.arguments == 1)
        let module = try #require(read("python", "-mjson.tool", "-h"))
        #expect(module.kind == .module && module.script == "json.tool" && module.arguments == 1)
        #expect(module.words == ["-mjson.tool", "-h"])
    }

    @Test func `standard input is a script, with a dash or without`() throws {
        let dash = try #require(read("python", "-", "k"))
        #expect(dash.kind == .input && dash.arguments == 1 && dash.words == ["-", "k"])
        let none = try #require(read("python"))
        #expect(none.kind == .input && none.words.isEmpty)
    }

    @Test(arguments: ["-I", "-S", "-X", "-Wd", "-OO", "-uB", "-V", "-h", "-c", "--version", "--"])
    func `what only the interpreter knows makes it cold`(word: String) throws {
        let line = try #require(read("python", "--why", word))
        #expect(line.coldReason != nil && line.words == [word])
    }

    @Test func `modules to preload add up, and stand behind a sign or a space`() throws {
        let line = try #require(
            read("--socket", "/s", "python", "--preload=a,b", "--preload", "c", "--python", "/p", "x"))
        #expect(line.preload == ["a", "b", "c"] && line.python == "/p" && line.service.socket == "/s")
    }

    @Test func `an interpreter is kept without a script`() throws {
        #expect(try #require(read("python", "--warm", "numpy,pandas")).warm == ["numpy", "pandas"])
        #expect(read("python", "--warm", "numpy", "a.py") == nil)
    }

    @Test(arguments: [
        ["run", "noop"], ["python", "--help"], ["python", "--nothing"], ["python", "--preload"], ["python", "--why=1"],
        [],
    ])
    func `anything else is left to the parser`(words: [String]) {
        #expect(PythonLine(words) == nil)
    }
}
