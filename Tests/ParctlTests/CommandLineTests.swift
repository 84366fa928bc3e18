import ArgumentParser
import Control
import Testing

@testable import parctl

@Suite struct CommandLineTests {
    private func run(_ arguments: String...) throws -> RunCommand {
        try #require(try Parctl.parseAsRoot(CommandWords.expandingBare(arguments)) as? RunCommand)
    }

    @Test func `the words of a workload reach it in their order, among the options of every run`() throws {
        let command = try run("run", "io", "--size", "4KiB", "--threads", "2", "--dir=/tmp", "--cold", "--read")
        #expect(command.words == ["io", "--size", "4KiB", "--dir=/tmp", "--read"])
        #expect(command.threads == 2)
        #expect(command.cold == .fresh)
    }

    @Test func `a negative value stays with its option`() throws {
        #expect(try run("run", "io", "--size", "-5").words == ["io", "--size", "-5"])
    }

    @Test func `common options stand on both sides of the command`() throws {
        #expect(try run("--socket", "/s", "run", "io").service.socket == "/s")
        #expect(try run("run", "io", "--socket", "/s", "--no-spawn").service.socket == "/s")
        #expect(try run("run", "--color", "never", "io").service.color == .never)
    }

    @Test func `help may follow the workload`() throws {
        let command = try run("run", "io", "--help")
        #expect(command.help)
        #expect(command.words == ["io"])
    }

    @Test func `times and numbers have units and separators`() throws {
        let command = try run("run", "noop", "--tasks", "1_000_000", "--timeout", "500ms")
        #expect(command.tasks == 1_000_000)
        #expect(command.timeout == 500_000_000)
    }

    @Test(arguments: [
        ["run", "io", "--threads", "0"], ["run", "io", "--processes", "many"], ["run", "io", "--tasks", "-1"],
        ["run", "io", "--timeout", "1x"], ["run", "io", "--cold=warm"], ["bogus"],
        ["pools", "resize", "threads", "x"], ["ping", "--color", "sometimes"], ["cancel"],
    ])
    func `a wrong command line is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try Parctl.parseAsRoot(CommandWords.expandingBare(arguments)) }
    }

    @Test func `a number below 0 is the option's value, and answered as such`() {
        #expect(
            CommandWords.expandingBare(["run", "io", "--threads", "-1", "--cold"])
                == ["run", "io", "--threads=-1", "--cold=fresh"])
    }

    @Test func `every option of a run is among those that mistyped ones are compared with`() {
        let help = Parctl.helpMessage(for: RunCommand.self)
        for name in CommandWords.runOptions { #expect(help.contains("--\(name)")) }
    }

    @Test func `the help shows every exit status and every workload`() {
        let help = Parctl.helpMessage()
        for status in ExitStatus.allCases { #expect(help.contains("  \(status.rawValue) ")) }
        let runHelp = Parctl.helpMessage(for: RunCommand.self)
        for part in ["noop", "sleep [--for 10ms]", "cpu [--iterations 5000000]", "io [--size 8MiB] [--read]"] {
            #expect(runHelp.contains(part))
        }
    }
}
