import Catalogue
import Control
import Foundation
import Testing

extension EndToEnd {
    /// Python's `varlink` is a client that shares nothing with this project's.
    @Suite("Python's varlink as the client")
    struct PythonTests {
        static let interpreter = ProcessInfo.processInfo.environment["PARD_PYTHON"]

        private static let script = """
            import json, sys, varlink

            with varlink.Client.new_with_address("unix:" + sys.argv[1]) as client:
                with client.open("org.varlink.service") as service:
                    info = service.GetInfo()
                with client.open("org.pard.Control") as pard:
                    # Longer than a daemon that is held up tells nothing of it.
                    replies = list(pard.Run(
                        workload="sleep", arguments={"for": "500ms"}, threads=2, tasks=8, records=True, _more=True))
                    single = pard.Run(workload="cpu", processes=2)
                    errors = []
                    for call in (
                        lambda: pard.Run(workload="nothing"),
                        lambda: pard.Run(workload="sleep", arguments={"for": "10parsecs"}),
                        lambda: pard.CancelJob("nothing"),
                    ):
                        try:
                            call()
                        except varlink.VarlinkError as error:
                            errors.append({"name": error.error(), "parameters": error.parameters()})
                    pools = pard.ListPools()["pools"]
            print(json.dumps({
                "info": info, "replies": replies, "single": single, "errors": errors,
                "pools": [pool["name"] for pool in pools],
            }))
            """

        private struct Report: Decodable {
            struct Info: Decodable {
                var vendor: String, product: String, version: String, interfaces: [String]
            }
            struct Failure: Decodable {
                struct Parameters: Decodable {
                    var workload: String?, known: [String]?, argument: String?, value: String?, job: String?
                }
                var name: String, parameters: Parameters
            }
            var info: Info, replies: [Run.Reply], single: Run.Reply, errors: [Failure], pools: [String]
        }

        @Test(
            "gets information, a run with all its replies, and errors",
            .enabled(if: interpreter != nil, "PARD_PYTHON names no Python that has the package varlink"))
        func drive() throws {
            let interpreter = try #require(Self.interpreter)
            try Daemon.run { daemon in
                let python = try Child(
                    interpreter, ["-c", Self.script, daemon.socket], environment: daemon.fixture.environment())
                #expect(python.end() == .exit(0))
                try #require(python.output.isOver(within: 10) && python.errors.isOver(within: 10))
                try #require(python.errors.text == "")
                check(try JSONDecoder().decode(Report.self, from: python.output.data))
            }
        }

        private func check(_ report: Report) {
            #expect(report.info.product == "pard")
            #expect(report.info.version == Version.current)
            #expect(report.info.interfaces == ["org.varlink.service", "org.pard.Control"])
            #expect(report.replies.first?.accepted?.tasks == 8)
            #expect(report.replies.contains { $0.progress?.total == 8 })
            #expect(report.replies.compactMap(\.records).joined().map(\.task) == Array(0..<8))
            #expect(report.replies.last?.receipt?.tasks == Tasks(ok: 8))
            #expect(report.replies.last?.receipt?.temperature == .warm)
            #expect(report.single.receipt?.mode == .processes)
            #expect(report.single.receipt?.phases.sum == report.single.receipt?.elapsed)
            #expect(
                report.errors.map(\.name) == [
                    "org.pard.Control.UnknownWorkload", "org.pard.Control.BadArgument", "org.pard.Control.NoSuchJob",
                ])
            #expect(report.errors.first?.parameters.known == Catalogue.all.map(\.name))
            #expect(report.errors.dropFirst().first?.parameters.argument == "for")
            #expect(report.errors.last?.parameters.job == "nothing")
            #expect(report.pools == ["threads", "processes"])
        }
    }
}
