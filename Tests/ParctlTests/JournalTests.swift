import ArgumentParser
import Control
import Testing

@testable import parctl

@Suite struct JournalTests {
    private func scope(
        _ socket: SocketChoice, user: Bool = false, system: Bool = false, uid: UInt32 = 1000
    ) -> JournalScope {
        JournalScope(user: user, system: system, socket: socket, uid: uid, runtimeDirectory: "/run/user/1000")
    }

    @Test func `the socket says whose entries are meant`() {
        #expect(scope(.found("/run/user/1000/pard/pard.sock", places: [])) == .user(1000))
        #expect(scope(.found("/run/pard/pard.sock", places: [])) == .system)
        #expect(scope(.named("/run/pard/pard.sock")) == .system)
        #expect(scope(.named("/tmp/s")) == .user(1000))
    }

    @Test func `without a daemon root reads the system's and others their own`() {
        #expect(scope(.found(nil, places: [])) == .user(1000))
        #expect(scope(.found(nil, places: []), uid: 0) == .system)
    }

    @Test func `an option counts more than the socket`() {
        #expect(scope(.found("/run/pard/pard.sock", places: []), user: true) == .user(1000))
        #expect(scope(.found("/run/user/1000/pard/pard.sock", places: []), system: true) == .system)
    }

    @Test func `history asks the journal for runs by field`() throws {
        let command = try #require(
            try Parctl.parseAsRoot([
                "history", "--since", "-1h", "--workload", "io", "--mode", "threads", "--temperature", "cold", "-n",
                "5",
            ]) as? HistoryCommand)
        let words = command.words(.system)
        #expect(
            words.dropFirst() == [
                "--since=-1h", "--lines=5", "_SYSTEMD_UNIT=pard.service",
                "MESSAGE_ID=\(MessageID.runFinished.rawValue)", "PARD_WORKLOAD=io", "PARD_MODE=threads",
                "PARD_TEMPERATURE=cold",
            ])
    }

    @Test func `history shows the last runs, and a summary all of them`() throws {
        func words(_ arguments: [String]) throws -> [String] {
            try #require(try Parctl.parseAsRoot(["history"] + arguments) as? HistoryCommand).words(.user(1000))
        }
        #expect(try words([]).contains("--lines=20"))
        #expect(try words([]).contains("_UID=1000"))
        for arguments in [
            ["--summary"], ["--by", "day,runtime"], ["--html", "x"], ["--since", "today"], ["--until", "-1h"],
        ] {
            #expect(try !words(arguments).contains { $0.hasPrefix("--lines") })
        }
    }

    @Test func `logs asks for all that is told of the unit`() throws {
        let command = try #require(try Parctl.parseAsRoot(["logs", "-f", "--json", "-n", "3"]) as? LogsCommand)
        #expect(command.words(.system) == ["--follow", "--lines=3", "--unit=pard.service"])
        #expect(command.words(.user(1000)).last == "--user-unit=pard.service")
    }

    @Test(arguments: [
        ["history", "--user", "--system"], ["history", "--mode", "fast"], ["history", "-n", "0"],
        ["history", "--temperature", "hot"], ["history", "--by", "day,day"], ["history", "--by", "hour"],
        ["logs", "extra"],
    ])
    func `a wrong command line is refused`(arguments: [String]) {
        #expect(throws: (any Error).self) { try Parctl.parseAsRoot(arguments) }
    }

    @Test func `an entry's fields are read as text, and what is no text is none`() throws {
        let line = #"{"__REALTIME_TIMESTAMP":"7","MESSAGE":[104,105,255],"PRIORITY":"4","PARD_JOB":["a","b"],"X":null}"#
        let entry = try JournalEntry.read(Array(line.utf8))
        #expect(entry.microseconds == 7)
        #expect(entry.text("PARD_JOB") == nil)
        #expect(entry.line.message == "(not text)")
        #expect(entry.line.priority == 4)
        let error = #expect(throws: CommandError.self) { try JournalEntry.read(Array("-- No entries --".utf8)) }
        guard case .journal = error else {
            Issue.record("\(String(describing: error))")
            return
        }
    }
}
