import CLease
import Control
import Foundation
import Testing

/// The examples of the repository, compiled for one test.
struct Libraries {
    let folder: String

    /// Compiles `libshout.so` and `libfaults.so`, hands them to the test and removes them.
    static func use(_ test: (Libraries) throws -> Void) throws {
        var template = Array("/tmp/pard-libraries-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        let libraries = Libraries(
            folder: String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self))
        defer { try? FileManager.default.removeItem(atPath: libraries.folder) }
        try libraries.compile("shout")
        try libraries.compile("faults")
        try test(libraries)
    }

    static let examples = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Examples").path
    static let include = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Sources/Worker/CPar/include").path

    func path(_ name: String) -> String { "\(folder)/lib\(name).so" }

    /// Compiles an example with all that C compilers warn of.
    func compile(_ name: String) throws {
        try run([
            "cc", "-std=c11", "-D_DEFAULT_SOURCE", "-O2", "-Wall", "-Wextra", "-pedantic", "-Werror", "-shared",
            "-fPIC", "-I", Self.include, "-o", path(name), "\(Self.examples)/\(name).c",
        ])
    }

    func run(_ words: [String]) throws {
        let child = try Child("/usr/bin/env", words, environment: ProcessInfo.processInfo.environment)
        try #require(child.end(within: 120) == .exit(0), "\(words.joined(separator: " ")): \(child.errors.text)")
    }
}

extension Daemon {
    /// Runs `parctl run native` with these words to its end.
    ///
    /// - Parameter input: what it reads from standard input.
    fileprivate func native(_ words: [String], reading input: Data? = nil) throws -> Parctl.Outcome {
        let file = fixture.temporary + "/input"
        if let input { try input.write(to: URL(fileURLWithPath: file)) }
        defer { try? FileManager.default.removeItem(atPath: file) }
        return try Parctl(
            words: ["--socket", socket, "run", "native"] + words, in: fixture, input: input == nil ? "/dev/null" : file
        ).outcome()
    }
}

extension EndToEnd {
    @Suite("Functions of a user's library")
    struct NativeTests {
        @Test(
            "are called on every kind of worker, and their results printed one a line in the order of the inputs",
            arguments: ["--serial", "--threads 2", "--processes 2", "--processes 2 --threads 2"], ["", "--cold"])
        func kinds(shape: String, cold: String) throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let shape = "\(shape) \(cold)".split(separator: " ").map(String.init)
                    let outcome = try daemon.native(
                        [libraries.path("shout") + ":shout"] + shape + ["one", "two words", "", "drei"])
                    #expect(outcome.status == 0)
                    #expect(outcome.output == "ONE\nTWO WORDS\n\nDREI\n")
                    #expect(outcome.errors.contains("all 4 tasks ok"))
                }
            }
        }

        @Test("take inputs from a file, from standard input, and with a NUL behind each: bytes of any kind")
        func inputs() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let shout = libraries.path("shout") + ":shout"
                    let bytes = Data([0x61, 0xff, 0x62, 0x0a, 0x63])
                    #expect(
                        try daemon.native([shout, "-q", "-"], reading: bytes).data
                            == Data([0x41, 0xff, 0x42, 0x0a, 0x43, 0x0a]))
                    #expect(
                        try daemon.native([shout, "-q", "-0"], reading: Data("a\nb\0c".utf8)).output == "A\nB\nC\n")
                    let file = daemon.fixture.temporary + "/list"
                    try Data("x\n\ny".utf8).write(to: URL(fileURLWithPath: file))
                    defer { try? FileManager.default.removeItem(atPath: file) }
                    #expect(try daemon.native([shout, "-q", "--tag", "-a", file]).output == "x\tX\n\t\ny\tY\n")
                    #expect(
                        try daemon.native([shout, "-q", ":::", "--threads", "-", ":::"]).output == "--THREADS\n-\n:::\n"
                    )
                    #expect(try daemon.native([shout, "-q", "--tasks", "3", "same"]).output == "SAME\nSAME\nSAME\n")
                    #expect(
                        try daemon.native([libraries.path("faults") + ":number", "-q", "--tasks", "2"]).output
                            == "0000000000\n0000000001\n")
                }
            }
        }

        @Test("fail with the reason where workers die of their set-up, and no worker is started in vain for ever")
        func fallingWorkers() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let outcome = try daemon.native([libraries.path("faults") + ":fall", "--processes", "2", "a", "b"])
                    #expect(outcome.status == 4)
                    #expect(outcome.errors.contains("a worker ended with signal 6"), "\(outcome.errors)")
                    #expect(try daemon.status.workersReplaced < 30)
                }
            }
        }

        @Test("show their results in JSON as text where they are UTF-8 and as base64 where not, and say which")
        func json() throws {
            struct Document: Decodable {
                struct Result: Decodable, Equatable {
                    var task: Int
                    var text: String?
                    var base64: String?
                    var reason: String?
                }
                var results: [Result]
                var records: [Record]?
            }
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    let outcome = try daemon.native(
                        [name, "--json", "--records", "-0", "-"],
                        reading: Data("wide\0\u{1}\0".utf8) + Data([0xff, 0, 0x74, 0x6e, 0x6f]))
                    #expect(outcome.status == 1)
                    let document: Document = try outcome.decoded()
                    #expect(
                        document.results == [
                            .init(task: 0, text: "wide"), .init(task: 1, text: "\u{1}"),
                            .init(task: 2, base64: "/w=="), .init(task: 3, reason: "no"),
                        ])
                    #expect(document.records?.map(\.value) == [4, 1, 1, 0])
                    #expect(document.records?[3].reason == "no (the function returned 7)")
                    #expect(try outcome.receipt.valueSum == 6)
                }
            }
        }

        @Test("have a file each where that is asked for")
        func files() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let folder = libraries.folder + "/results"
                    let outcome = try daemon.native([
                        libraries.path("faults") + ":misbehave", "--output", folder, "w1", "t", "w3",
                    ])
                    #expect(outcome.status == 1 && outcome.output == "")
                    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["1", "3"])
                    #expect(try String(contentsOfFile: folder + "/3", encoding: .utf8) == "w3")
                }
            }
        }

        @Test("keep what their set-up has made for them on a warm worker, over several runs")
        func state() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let tally = libraries.path("shout") + ":tally"
                    func count() throws -> UInt8 {
                        let outcome = try daemon.native([tally, "--serial", "-q", "aa"])
                        return outcome.data[8 * 97]
                    }
                    let counts = [try count(), try count(), try count()]
                    #expect(counts == [2, 4, 6])
                    let refused = try daemon.native([libraries.path("faults") + ":refuse", "x"])
                    #expect(refused.status == 1)
                    #expect(refused.errors.contains("getting the worker ready for the function: its _setup returned 4"))
                }
            }
        }

        @Test(
            "that crash or exit take their worker with them and nobody else, and are lost with the reason",
            arguments: [("c", "signal 11"), ("x", "exit code 3")], ["--threads", "--processes"])
        func death(end: (input: String, reason: String), kind: String) throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    let outcome = try daemon.native([name, kind, "1", "w1", end.input, "w2", "-q"])
                    #expect(outcome.status == 1)
                    #expect(outcome.output == "w1\nw2\n")
                    #expect(
                        outcome.errors.contains("input 2 (\(end.input)): its worker died: \(end.reason) (3 times)"),
                        "\(outcome.errors)")
                    #expect(try daemon.native([name, kind, "1", "w3", "-q"]).output == "w3\n")
                }
            }
        }

        @Test(
            "that hang are told to end at their timeout, killed if they don't, and not called again; the others do well",
            arguments: ["--processes", "--threads"])
        func hang(kind: String) throws {
            try Libraries.use { libraries in
                try Daemon.run("--cancel-grace 200ms") { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    for (input, deaths) in [("h", 1), ("f", 0)] {
                        let words = [name, kind, "2", "--timeout", "300ms", "w1", input, "w2", "w3"]
                        let outcome = try daemon.native(words)
                        #expect(outcome.status == 1 && outcome.output == "w1\nw2\nw3\n")
                        #expect(
                            outcome.errors.contains("input 2 (\(input)): the call took longer than its timeout"),
                            "\(outcome.errors)")
                        let receipt = try daemon.native(words + ["--json"]).receipt
                        #expect(receipt.tasks == Tasks(ok: 3, failed: 1))
                        // Both threads go with their process.
                        #expect(receipt.deaths == (kind == "--threads" ? 2 * deaths : deaths))
                    }
                    #expect(try daemon.native([name, kind, "2", "w", "-q"]).output == "w\n")
                }
            }
        }

        @Test("have what they hand back printed while others are still called, in the order of the inputs")
        func streamed() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let parctl = try Parctl(
                        words: [
                            "--socket", daemon.socket, "run", "native", libraries.path("faults") + ":misbehave", "-q",
                            "--processes", "2", "w1", "tno", "w2", "f", "w3",
                        ], in: daemon.fixture)
                    #expect(eventually { parctl.process.output.text == "w1\nw2\n" })
                    // It stands in another pipe.
                    #expect(eventually { parctl.process.errors.text == "parctl: input 2 (tno): no\n" })
                    // The one that waits for its end gets it, and those behind it come after it.
                    parctl.process.signal(SIGINT)
                    let outcome = try parctl.outcome()
                    #expect(outcome.status == 130 && outcome.output.hasPrefix("w1\nw2\n"))
                    #expect(outcome.errors.contains("input 4 (f): it did not finish"))
                }
            }
        }

        @Test("that are many are all printed once, whether they come while others are called or at the end")
        func manyStreamed() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    // Long enough for some to come early.
                    let inputs = (0..<3000).map { $0 == 2000 ? "f" : "w\($0)" }
                    let outcome = try daemon.native(
                        [libraries.path("faults") + ":misbehave", "-q", "--threads", "2", "--timeout", "1s", "-"],
                        reading: Data(inputs.joined(separator: "\n").utf8))
                    #expect(outcome.status == 1)
                    #expect(outcome.output == inputs.filter { $0 != "f" }.joined(separator: "\n") + "\n")
                }
            }
        }

        @Test("that have had their time halt a run that stops at the first failure")
        func hangHalts() throws {
            try Libraries.use { libraries in
                try Daemon.run("--cancel-grace 200ms") { daemon in
                    let outcome = try daemon.native([
                        libraries.path("faults") + ":misbehave", "--processes", "1", "--timeout", "100ms", "--halt",
                        "soon,fail=1", "--json", "w", "h", "w", "w",
                    ])
                    #expect(outcome.status == 1)
                    #expect(try outcome.receipt.tasks == Tasks(ok: 1, failed: 1, cancelled: 2))
                }
            }
        }

        @Test("that take more memory than their workers may have are told that there is none, and harm nobody")
        func memory() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    _ = try daemon.native([name, "--processes", "1", "w", "-q"])
                    let pool = try #require(try daemon.pools.first { $0.name.hasPrefix("processes-plugin:") })
                    for pid in pool.pids {
                        let tool = try Child(
                            "/usr/bin/prlimit", ["--pid", "\(pid)", "--data=\(256 << 20):"],
                            environment: daemon.fixture.environment())
                        #expect(tool.end() == .exit(0))
                    }
                    let outcome = try daemon.native([name, "--processes", "1", "w1", "m", "-q"])
                    #expect(outcome.status == 1 && outcome.output == "w1\n")
                    #expect(outcome.errors.contains("input 2 (m): there is no memory"), "\(outcome.errors)")
                }
            }
        }

        @Test("fail with what they return and say, in full, however long that is")
        func words() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    let minus = try daemon.native([name, "n"])
                    #expect(minus.errors.contains("input 1 (n): the function returned -1"))
                    let long = String(repeating: "long ", count: 40_000)
                    let outcome = try daemon.native([name, "--json", "-"], reading: Data("t\(long)".utf8))
                    struct Document: Decodable {
                        struct Result: Decodable { var reason: String? }
                        var results: [Result]
                    }
                    #expect(try outcome.decoded(as: Document.self).results.first?.reason == long)
                    let reason = try outcome.receipt.failures.first?.reason ?? ""
                    #expect(reason.hasSuffix("… (the function returned 7)") && reason.utf8.count < 5000)
                }
            }
        }

        @Test(
            "write over their own run's memory harm nothing else")
        func scribble() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":misbehave"
                    let inputs = (0..<200).map { $0 == 100 ? "s" : "w\($0)" }
                    _ = try daemon.native([name, "--serial", "-q"] + inputs)
                    #expect(daemon.process.end(within: 0.1) == nil)
                    #expect(try daemon.native([name, "w", "-q"]).output == "w\n")
                    #expect(try daemon.receipt("noop --tasks 1000").tasks.ok == 1000)
                }
            }
        }

        @Test("may not hand back more than the limits say")
        func limits() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let name = libraries.path("faults") + ":enlarge"
                    let one = try daemon.native([name, "--result-limit", "2000", "-q", "ab", "abc", "a"])
                    #expect(one.status == 1)
                    #expect(one.output.split(separator: "\n").map(\.count) == [2000, 1000])
                    #expect(one.errors.contains("input 2 (abc): the result is larger than --result-limit"))
                    let all = try daemon.native([name, "--serial", "--results-limit", "5000", "-q", "ab", "abc", "a"])
                    #expect(all.output.split(separator: "\n").map(\.count) == [2000, 1000])
                    #expect(all.errors.contains("input 2 (abc): the run's results are more than --results-limit"))
                    let much = try daemon.native([name, "--results-limit", "8GiB", "ab"])
                    #expect(much.status == 4)
                    #expect(much.errors.contains("ledger bytes is"))
                }
            }
        }

        @Test("that can't be called say why before any task is run")
        func unfit() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    func complaint(_ path: String, _ function: String = "shout") throws -> String {
                        let outcome = try daemon.native(["\(path):\(function)", "x"])
                        #expect(outcome.status == 2)
                        return outcome.errors
                    }
                    #expect(
                        try complaint(libraries.path("shout"), "whisper").contains(
                            "has no function whisper: it has shout, tally"))
                    var bytes = try Data(contentsOf: URL(fileURLWithPath: libraries.path("shout")))
                    bytes[18] = 0xb7 ^ bytes[18] == 0 ? 0x3e : 0xb7
                    let other = libraries.folder + "/other.so"
                    try bytes.write(to: URL(fileURLWithPath: other))
                    #expect(try complaint(other).contains("compile it here"))
                    try bytes.prefix(100).write(to: URL(fileURLWithPath: other))
                    _ = try complaint(other)
                    try Data("int main() {}".utf8).write(to: URL(fileURLWithPath: other))
                    #expect(try complaint(other).contains("is not a shared library"))
                    #expect(try complaint("/nonexistent/lib.so").contains("No such file"))
                    #expect(try complaint(libraries.folder).contains("library"))
                }
            }
        }

        @Test("are those of the file as it is: one that was replaced makes new workers")
        func changed() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let path = libraries.folder + "/mine.so"
                    let name = path + ":echo"
                    try FileManager.default.copyItem(atPath: libraries.path("faults"), toPath: path)
                    #expect(try daemon.native([name, "--json", "x"]).receipt.reason == "first use")
                    #expect(try daemon.native([name, "--json", "x"]).receipt.temperature == .warm)
                    try FileManager.default.copyItem(atPath: libraries.path("faults"), toPath: path + ".new")
                    try #require(rename(path + ".new", path) == 0)
                    #expect(try daemon.native([name, "--json", "x"]).receipt.reason == "file changed")
                }
            }
        }

        @Test("are compared on threads and on processes")
        func compare() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let outcome = try daemon.parctl(
                        "compare native \(libraries.path("shout")):shout a b c d --workers 2 --runs 2 --json")
                    #expect(outcome.status == 0)
                    #expect(outcome.output.contains("\"processes"))
                }
            }
        }

        @Test("have the room for results that there is, where they ask for none of their own")
        func littleRoom() throws {
            try Libraries.use { libraries in
                // None of pages as a whole.
                try Daemon.run("--ledger-size 67000001") { daemon in
                    let line = "run native \(libraries.path("shout")):shout -q"
                    let outcome = try daemon.parctl("\(line) a b")
                    #expect(outcome.status == 0, "\(outcome.errors)")
                    #expect(try daemon.parctl("\(line) --results-limit 128MiB a b").status == 4)
                    // And leave others some.
                    let leases = try (0..<2).map { _ in
                        try LeaseClient(
                            daemon, "native", ["function", libraries.path("shout") + ":shout"], processes: 1)
                    }
                    for lease in leases {
                        #expect(try lease.take(lease.put(Array("a".utf8))).result.state == UInt8(PAR_TASK_OK))
                    }
                    #expect(try daemon.parctl("\(line) a b").status == 0)
                    for lease in leases { _ = try lease.finish() }
                }
            }
        }

        @Test(
            "run where a limit on memory may not be raised",
            .enabled(if: PrivateTests.isAlone, PrivateTests.why))
        func memoryLimit() throws {
            try Libraries.use { libraries in
                try Fixture.run { fixture in
                    let line = "ulimit -d 4000000; exec \(try Program.parctl.path) run native "
                    let child = try Child(
                        "/bin/sh", ["-c", line + "\(libraries.path("shout")):shout -q a"],
                        environment: fixture.environment())
                    #expect(child.end() == .exit(0) && child.output.isOver(within: 10), "\(child.errors.text)")
                }
            }
        }

        @Test("may be written in Swift")
        func swift() throws {
            try Libraries.use { libraries in
                try libraries.run([
                    "swiftc", "-parse-as-library", "-emit-library", "-static-stdlib", "-import-objc-header",
                    Libraries.include + "/par.h", "-module-name", "reverse", "-o", libraries.path("reverse"),
                    Libraries.examples + "/reverse.swift",
                ])
                try Daemon.run { daemon in
                    let name = libraries.path("reverse") + ":backwards"
                    for kind in ["--threads", "--processes"] {
                        let outcome = try daemon.native([name, kind, "2", "-q", "wörld", "ab"])
                        #expect(outcome.output == "dlröw\nba\n")
                    }
                }
            }
        }

        @Test("have a header that C++ takes as well, with all that it warns of")
        func header() throws {
            try Libraries.use { libraries in
                let source = libraries.folder + "/all.cpp"
                try Data(
                    """
                    #include <par.h>
                    PAR_EXPORT int all(par_task *task) {
                        if (par_is_cancelled(task) || !par_resize(task, 1)) return par_fail(task, 1, "no");
                        return par_write(task, "a", 1);
                    }
                    """.utf8
                ).write(to: URL(fileURLWithPath: source))
                for compiler in [["c++", "-std=c++11"], ["c++", "-std=c++20"]] {
                    try libraries.run(
                        compiler + [
                            "-Wall", "-Wextra", "-pedantic", "-Werror", "-fsyntax-only", "-I", Libraries.include,
                            source,
                        ])
                }
            }
        }
    }
}
