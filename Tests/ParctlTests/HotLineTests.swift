import ArgumentParser
import Catalogue
import Foundation
import Testing

@testable import parctl

/// The short way from a command line to its command, beside the argument parser's.
@Suite struct HotLineTests {
    /// What the parser makes of a line; nil where it refuses, or where the line asks for help or another command.
    private func parsed(_ words: [String]) -> HotLine? {
        guard let command = try? Parctl.parseAsRoot(words) else { return nil }
        return switch command {
        case let run as RunCommand: run.help ? nil : .run(run.invocation)
        case let ping as PingCommand: .query(Query(subject: .ping, ping))
        case let status as StatusCommand: .query(Query(subject: .status, status))
        case let pools as PoolsListCommand: .query(Query(subject: .pools, pools))
        case let jobs as JobsCommand: .query(Query(subject: .jobs, jobs))
        case let cancel as CancelCommand: .cancel(job: cancel.job, cancel.service.values)
        default: nil
        }
    }

    /// Expects that the short way comes to what the parser comes to, or leaves the line to it; whether it took it.
    @discardableResult
    private func expectSame(_ line: [String]) -> Bool {
        guard let words = try? CommandWords.prepared(line), let hot = HotLine(words) else { return false }
        let parsed = parsed(words)
        #expect(hot == parsed, "\(line)")
        return true
    }

    @Test(
        arguments: [
            "ping", "status", "pools", "jobs", "cancel j1", "run noop", "--socket /s ping", "ping --socket /s",
            "ping --socket=/s --json", "--socket /s --no-spawn --color never run noop", "status --color always",
            "run noop --threads 2 --tasks 1_000 --json", "run io --size 4KiB --read --dir=/tmp --processes 2 --cold",
            "run --threads 2 cpu --iterations=5 --timeout 30s --records", "run noop --cold=exec --serial --timeline",
            "run exec true", "run exec --threads 4 -k -a list gzip -k {}", "run exec --quiet -- true ::: a b",
            "run exec -kqj4 true", "run exec -alist -P +1 true",
            "run exec echo --threads 4 --json ::: -- --cold", "run dot --dtype f32 --svg - --html a.html --trace=t",
            "run download --from - --halt soon,fail=2",
            "run api http://host/ {} --header a:b --header=c:d --method=PUT",
            "run noop --threads 2 --threads 3 --json --json", "run exec -0 -q --tag=false -- ls ::: ",
        ])
    func `plain lines of hot commands go the short way`(line: String) {
        #expect(expectSame(line.split(separator: " ").map(String.init)))
    }

    @Test(
        arguments: [
            "", "--help", "run --help", "run noop -h", "run noop --help", "run", "run nothing", "run --size 4KiB io",
            "run noop --threads", "run noop --threads 0", "run noop --threads -1", "run noop --threads=", "run noop -x",
            "run noop --frobnicate", "run noop --json=true", "run -- noop",
            "ping --jso", "ping extra", "cancel", "cancel --json", "cancel -x", "compare noop", "completions bash",
            "--version", "---completion run -- noop", "--color sometimes ping", "pools list", "pools resize threads 3",
            "run noop --color=sometimes", "--socket /a ping --socket /b", "run noop --svg", "history",
        ])
    func `anything else is left to the parser`(line: String) {
        let words = try? CommandWords.prepared(line.split(separator: " ").map(String.init))
        #expect(words.flatMap { HotLine($0) } == nil)
    }

    /// What the parser says of the options of a command, by its path below `parctl`: their names, and whether they are flags.
    private func declared(_ path: String...) throws -> [String: Bool] {
        struct Tool: Decodable { var command: Command }
        struct Command: Decodable {
            var commandName: String
            var subcommands: [Command]?
            var arguments: [Argument]?
        }
        struct Argument: Decodable {
            var kind: String
            var preferredName: Name?
        }
        struct Name: Decodable { var name: String }
        var command = try JSONDecoder().decode(Tool.self, from: Data(Parctl._dumpHelp().utf8)).command
        for name in path { command = try #require(command.subcommands?.first { $0.commandName == name }) }
        let options = (command.arguments ?? []).filter { $0.kind != "positional" }
            .map { ($0.preferredName?.name ?? "", $0.kind == "flag") }
        return Dictionary(options) { $1 }.filter { $0.key != "help" && $0.key != "version" }
    }

    private func known<Values>(_ words: [OptionWord<Values>]) -> [String: Bool] {
        Dictionary(uniqueKeysWithValues: words.map { ($0.name, $0.isFlag) })
    }

    @Test func `both ways know the same options`() throws {
        let service = known(Service.words)
        #expect(try declared() == service)
        #expect(try declared("run") == known(RunInvocation.words).merging(service) { $1 })
        for path in [["ping"], ["status"], ["pools", "list"], ["jobs"]] {
            let declared = path.count == 1 ? try declared(path[0]) : try declared(path[0], path[1])
            #expect(declared == known(Query.words).merging(service) { $1 }, "\(path)")
        }
        #expect(try declared("cancel") == service)
    }

    /// Values good and bad, for options of every kind.
    private static let values = [
        "4", "-1", "30s", "now,fail=2", "fresh", "tasks", "auto", "-", "--", "", "x=y", "--json", "é",
    ]

    /// Each way to give an option.
    private func forms(of option: String, values: [String] = values) -> [[String]] {
        let word = "--" + option
        return [[word], [word, word], [word + "="], [word, "-5"], [String(word.dropLast())], [word + "x"]]
            + values.flatMap { [[word + "=" + $0], [word, $0]] }
    }

    @Test func `every option of every command is read in the same way, in each of its forms`() {
        var taken = 0
        func expectSame(_ line: [String]) { if self.expectSame(line) { taken += 1 } }
        for name in known(Service.words).merging(known(Query.words), uniquingKeysWith: { $1 }).keys {
            for form in forms(of: name) {
                expectSame(["jobs"] + form)
                expectSame(form + ["ping"])
            }
        }
        for name in known(RunInvocation.words).keys {
            for form in forms(of: name) { expectSame(["run", "noop"] + form) }
        }
        for entry in Catalogue.all {
            for option in entry.options + entry.clientOptions {
                let forms =
                    forms(of: option.name, values: ["4KiB", "", "--json"])
                    + (option.letter.map { [["-\($0)"], ["-\($0)", "4"], ["-\($0)4"], ["-\($0)=4"]] } ?? [])
                for form in forms { expectSame(["run", entry.name] + form + ["--threads", "2"]) }
            }
        }
        #expect(taken > 200, "few lines went the short way")
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func `lines thrown together are read in the same way`(seed: UInt64) {
        var random = Random(state: seed)
        let words =
            ["run", "noop", "io", "exec", "ping", "--", ":::", "-a", "-k", "-h", "--cold", "--timeline", "--serial"]
            + RunInvocation.words.map { "--" + $0.name } + Service.words.map { "--" + $0.name } + Self.values
            + ["--size", "--read", "--size=4KiB", "--threads=2", "--tag", "echo"]
        for _ in 0..<60 {
            let count = Int.random(in: 0..<6, using: &random)
            let tail = (0..<count).map { _ in words.randomElement(using: &random) ?? "" }
            expectSame((Bool.random(using: &random) ? ["run", "exec"] : ["run", "io"]) + tail)
            expectSame(tail)
        }
    }

    /// A generator that can be run again (SplitMix64).
    private struct Random: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var z = state
            z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
            z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
            return z ^ (z >> 31)
        }
    }
}

/// What every command that asks for something has.
private protocol Asking {
    var service: ServiceOptions { get }
    var output: JSONOption { get }
}

extension PingCommand: Asking {}
extension StatusCommand: Asking {}
extension PoolsListCommand: Asking {}
extension JobsCommand: Asking {}

extension Query {
    fileprivate init(subject: Subject, _ command: some Asking) {
        self.init(subject: subject, json: command.output.json, service: command.service.values)
    }
}
