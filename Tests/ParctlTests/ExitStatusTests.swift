import Control
import Glibc
import Testing
import Varlink

@testable import parctl

@Suite struct ExitStatusTests {
    @Test func `a run's outcome decides, unless the user ended it`() {
        #expect(ExitStatus(.ok).rawValue == 0)
        #expect(ExitStatus(.failed).rawValue == 1)
        #expect(ExitStatus(.timeout).rawValue == 124)
        #expect(ExitStatus(.cancelled).rawValue == 130)
        #expect(ExitStatus(.ok, interrupted: true).rawValue == 130)
    }

    @Test(
        arguments: [
            (ControlError.unknownWorkload("x", known: []), 2), (.badArgument("size", value: "x", expected: "y"), 2),
            (.noSuchJob("j"), 1), (.noSuchPool("p", known: []), 1), (.busy(limit: "jobs", allowed: 1), 4),
            (.draining, 4),
            (.limitExceeded(limit: "tasks", value: 2, allowed: 1), 4), (.notPermitted(action: "x", needs: "y"), 4),
            (.workersFailed(reason: "x"), 4),
        ] as [(ControlError, Int32)])
    func `the daemon's refusals have their statuses`(error: ControlError, status: Int32) {
        #expect(CommandError.refused(error).status.rawValue == status)
    }

    @Test func `a daemon that isn't there is told from one that goes away, and both from a refusal`() {
        let named = CommandError.client(.unreachable(path: "/x", errno: ENOENT))
        #expect(named.status == .unreachable)
        #expect(named.message?.contains("/x") == true && named.message?.contains("start one") == true)
        #expect(CommandError.noDaemon(places: ["/a", "/b"]).message?.contains("/a or /b") == true)
        #expect(CommandError.client(.disconnected).status == .unreachable)
        let lost = CommandError.lost(job: "j1", reason: "the connection was closed")
        #expect(lost.status.rawValue == 5)
        #expect(lost.message?.contains("job j1") == true)
        #expect(
            CommandError(.failed(ErrorReply(name: "org.varlink.service.MethodNotFound", json: []))).status == .refused)
    }

    @Test func `an error reply of the interface is told as what it is`() throws {
        let reply = ErrorReply(name: "org.pard.Control.NoSuchJob", json: Array(#"{"job":"j9"}"#.utf8))
        guard case .refused(.noSuchJob("j9")) = CommandError(.failed(reply)) else {
            Issue.record("the reply was not recognised")
            return
        }
    }

    @Test func `a reader that went away is no news`() {
        #expect(CommandError.output(errno: EPIPE).message == nil)
        #expect(CommandError.output(errno: EPIPE).status == .failed)
        #expect(CommandError.output(errno: ENOSPC).message != nil)
    }

    @Test func `a usage error names the help that tells more`() {
        let failure = CommandError.usage("no", help: "parctl run --help")
        #expect(failure.status == .usage)
        #expect(failure.message == "no\nSee 'parctl run --help'.")
    }
}
