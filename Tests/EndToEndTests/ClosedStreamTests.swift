import Foundation
import Testing

extension EndToEnd {
    /// Whoever starts parctl may have closed descriptors 0 to 2: the next files that are opened must not get their places.
    @Suite("With standard streams closed in any combination, parctl")
    struct ClosedStreamTests {
        struct Line: CustomTestStringConvertible, Sendable {
            let words: String
            /// The status where standard output is closed.
            let failure: Int32
            /// A file that it writes, and how that begins and ends.
            var file: (name: String, head: String, tail: String)?
            /// Whether that is there whatever else can't be written.
            var isAlwaysThere = false
            var testDescription: String { words }
        }

        private static let page = ("page", "<!DOCTYPE html>", "</html>\n")
        static let lines = [
            Line(words: "run exec --joblog log echo ::: a b", failure: 255, file: ("log", "Seq\tHost", "\n")),
            Line(
                words: "run exec -j2 --delay 1ms --joblog log echo ::: a b", failure: 255, file: ("log", "Seq\t", "\n")),
            Line(words: "run download --output . URL/size/10", failure: 1, file: ("10", "", "")),
            Line(words: "run noop --tasks 8 --html page", failure: 1, file: page, isAlwaysThere: true),
            Line(words: "run noop --tasks 8 --timeline --html page", failure: 1, file: page, isAlwaysThere: true),
            Line(words: "run noop --tasks 8 --json --trace t", failure: 1, file: ("t", "", "\n"), isAlwaysThere: true),
            Line(words: "run exec --html page true ::: a b", failure: 0, file: page, isAlwaysThere: true),
            Line(words: "run exec --delay 1ms --html page true ::: a b", failure: 0, file: page, isAlwaysThere: true),
            Line(words: "run download --output . --html page URL/size/10", failure: 1, file: page, isAlwaysThere: true),
            Line(words: "run noop --tasks 8 --html -", failure: 1),
            Line(words: "compare noop --workers 2 --runs 2", failure: 1),
            Line(
                words: "compare noop --workers 2 --runs 2 --no-cold --timeline --html page", failure: 1, file: page,
                isAlwaysThere: true),
            Line(
                words: "bench noop --threads 2 --runs 3 --no-cold --html page", failure: 1, file: page,
                isAlwaysThere: true),
            Line(
                words: "bench noop --threads 2 --runs 3 --no-cold --export-json data", failure: 1,
                file: ("data", "{", "}\n"), isAlwaysThere: true),
            Line(words: "history", failure: 1),
        ]

        @Test("does what it is to do, or says why not, and ends", arguments: lines)
        func combinations(line: Line) throws {
            try WebServer.run { (daemon, server) throws in
                // Where there is no journal, there is no history, and that is said.
                var usual: Int32 = 0
                for closed in 0..<8 {
                    let folder = daemon.fixture.temporary + "/\(closed)"
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                    let status = try run(line, closed, in: folder, daemon, server, usual)
                    if closed == 0 { usual = status ?? -1 }
                    try FileManager.default.removeItem(atPath: folder)
                }
            }
        }

        private func run(
            _ line: Line, _ closed: Int, in folder: String, _ daemon: Daemon, _ server: WebServer,
            _ usual: Int32
        ) throws -> Int32? {
            func isClosed(_ stream: Int) -> Bool { closed >> stream & 1 == 1 }
            let places = ["</dev/null", ">output", "2>errors"], closing = ["<&-", ">&-", "2>&-"]
            let streams = (0..<3).map { isClosed($0) ? closing[$0] : places[$0] }.joined(separator: " ")
            let words = line.words.replacing("URL", with: server.url)
            let process = try Child(
                "/bin/sh", ["-c", "cd '\(folder)' && exec '\(try Program.parctl.path)' \(words) \(streams)"],
                environment: daemon.fixture.environment(["PARD_SOCKET": daemon.socket]))
            let outcome = try Parctl(process: process).outcome()
            let what = Comment(rawValue: "\(line.words), closed: \(closed)")
            func text(_ name: String) -> String? {
                FileManager.default.contents(atPath: "\(folder)/\(name)").map { String(decoding: $0, as: UTF8.self) }
            }
            if closed > 0, usual != 0 {
                #expect(outcome.status == usual, what)
                return outcome.status
            }
            let isNoJournal = line.words == "history" && text("errors")?.contains("no journal") == true
            #expect(outcome.status == (isClosed(1) || isNoJournal ? line.failure : 0), what)
            if isNoJournal { return outcome.status }
            if line.isAlwaysThere { #expect(text(line.file?.name ?? "")?.isEmpty == false, what) }
            if isClosed(1), !isClosed(2), line.failure != 0 {
                #expect(text("errors")?.contains("can't write to standard output: it is closed\n") == true, what)
            }
            if !isClosed(1), line.failure != 0 {
                #expect(text("output")?.contains("\0") == false && text("output") != "", what)
            }
            guard let file = line.file, let found = text(file.name), !found.isEmpty else { return outcome.status }
            #expect(found.hasPrefix(file.head) && found.hasSuffix(file.tail) && !found.contains("\0"), what)
            #expect(!found.contains("parctl:") && !found.contains("elapsed  "), what)
            return outcome.status
        }
    }
}
