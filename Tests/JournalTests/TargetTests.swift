import Testing

@testable import Journal

@Suite struct TargetTests {
    private func target(
        _ variables: [String: String], socket: Bool = true, file: (UInt, UInt)? = (9, 1234)
    ) -> LogTarget {
        LogTarget.choose(
            socketExists: socket, standardError: file.map { (device: $0.0, inode: $0.1) }, pid: 42,
            variable: { variables[$0] })
    }

    @Test func `a service whose standard error is the journal's logs to the journal`() {
        #expect(target(["JOURNAL_STREAM": "9:1234"]) == .journal)
    }

    @Test func `a program started from a service with another standard error logs there`() {
        #expect(target(["JOURNAL_STREAM": "9:77", "SYSTEMD_EXEC_PID": "41"]) == .standardError)
        #expect(target(["JOURNAL_STREAM": "9:1234"], file: nil) == .standardError)
    }

    @Test func `a program that the service manager itself started logs to the journal`() {
        #expect(target(["SYSTEMD_EXEC_PID": "42"]) == .journal)
    }

    @Test func `a program on a terminal logs there`() {
        #expect(target([:]) == .standardError)
    }

    @Test func `without the journal's socket everything goes to standard error`() {
        #expect(target(["JOURNAL_STREAM": "9:1234", "SYSTEMD_EXEC_PID": "42"], socket: false) == .standardError)
    }
}
