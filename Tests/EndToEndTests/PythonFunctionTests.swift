import Control
import Foundation
import Testing

/// The interpreters of this host that are tested with.
enum Interpreters {
    /// One that every test host has.
    static let usual = "/usr/bin/python3"

    /// All of CPython 3.9 and later, of the system and of pyenv, and those that PARD_INTERPRETERS names, with `:` between.
    static let all: [String] = {
        let versions = NSHomeDirectory() + "/.pyenv/versions"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: versions)) ?? []
        let own = names.sorted().filter { name in
            let parts = name.split(separator: ".")
            return parts.first == "3" && parts.count > 1 && (Int(parts[1].prefix { $0.isNumber }) ?? 0) >= 9
        }
        let named = ProcessInfo.processInfo.environment["PARD_INTERPRETERS"] ?? ""
        return [usual] + own.map { "\(versions)/\($0)/bin/python" } + named.split(separator: ":").map(String.init)
    }()
}

/// A daemon with a folder of Python sources, in which parctl runs.
struct Scripts {
    let daemon: Daemon
    let folder: String

    /// Starts a daemon, makes the folder, and removes it with all that has been made in it.
    static func use(_ options: String = "", _ test: (Scripts) throws -> Void) throws {
        try use(start: { try Daemon(in: $0, options) }, test)
    }

    /// The same, with a daemon that is started otherwise.
    static func use(start: (Fixture) throws -> Daemon, _ test: (Scripts) throws -> Void) throws {
        try Fixture.run { fixture in
            let daemon = try start(fixture)
            defer { daemon.stop() }
            let scripts = Scripts(daemon: daemon, folder: daemon.fixture.folder + "/work")
            try FileManager.default.createDirectory(atPath: scripts.folder, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: scripts.folder) }
            try scripts.write(example, to: "mine.py")
            try test(scripts)
        }
    }

    func write(_ source: String, to name: String) throws {
        try Data(source.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }

    /// Bytes of a file.
    func size(of name: String) throws -> Int { try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")).count }

    /// Runs `parctl run python` with these words to its end.
    func python(_ line: String, variables: [String: String] = [:]) throws -> Parctl.Outcome {
        try python(line.split(separator: " ").map(String.init), variables: variables)
    }

    func python(_ words: [String], variables: [String: String] = [:]) throws -> Parctl.Outcome {
        try start(words, variables: variables).outcome()
    }

    func start(_ words: [String], variables: [String: String] = [:]) throws -> Parctl {
        let process = try Child(
            "/usr/bin/env", ["-C", folder, Program.parctl.path, "--socket", daemon.socket, "run", "python"] + words,
            environment: daemon.fixture.environment(variables), input: "/dev/null")
        return Parctl(process: process)
    }
}

/// What tests call.
private let example = """
    import ctypes, os, subprocess, sys, time

    def twice(item):
        return item + item

    def add(item):
        return sum(item)

    def fail(item):
        raise ValueError("no " + item)

    def thing(item):
        return {1, 2} if item == "set" else object

    def nothing():
        pass

    def place(item):
        return [os.getcwd(), os.environ.get("MARK"), os.umask(0o22)]

    def pid(item):
        time.sleep(0.05)
        return os.getpid()

    def wait(item):
        if item == "no":
            raise ValueError(item)
        if item == "last":
            while not os.path.exists("end"):
                time.sleep(0.01)
        else:
            print("says", item)
        return item

    def talk(item):
        print("says", item)
        sys.stderr.write("warns " + item + "\\n")
        sys.stdout.flush()
        subprocess.run(["echo", "child", item])
        ctypes.CDLL(None).puts(b"from C")
        ctypes.CDLL(None).fflush(None)
    """

extension EndToEnd {
    @Suite("Functions of a user's Python")
    struct PythonFunctionTests {
        @Test(
            "are called on every kind of worker, and their results printed one a line in the order of the items",
            arguments: ["--serial", "--threads 2", "--processes 2", "--processes 2 --threads 2"],
            ["", "--cold", "--cold=exec"])
        func kinds(shape: String, cold: String) throws {
            try Scripts.use { scripts in
                let outcome = try scripts.python("mine.py:twice \(shape) \(cold) -q a bc dé")
                #expect(outcome.output == "\"aa\"\n\"bcbc\"\n\"dédé\"\n" && outcome.status == 0, "\(outcome.errors)")
            }
        }

        @Test("run with one library on every CPython there is", arguments: Interpreters.all)
        func versions(interpreter: String) throws {
            try Scripts.use { scripts in
                for shape in ["--threads 2", "--processes 2", "--threads 2 --cold", "--processes 2 --cold=exec"] {
                    let outcome = try scripts.python("mine.py:twice \(shape) --python \(interpreter) -q a b")
                    #expect(outcome.output == "\"aa\"\n\"bb\"\n" && outcome.status == 0, "\(outcome.errors)")
                }
                let failed = try scripts.python("mine.py:fail --processes 1 --python \(interpreter) -q x")
                #expect(failed.status == 1)
                #expect(failed.errors.contains("ValueError: no x\nTraceback (most recent call last)"))
            }
        }

        @Test("are called with texts, with JSON or with nothing, and hand back JSON or what repr says")
        func items() throws {
            try Scripts.use { scripts in
                #expect(try scripts.python("mine.py:add --json-items -q [1,2] [3.5]").output == "3\n3.5\n")
                #expect(try scripts.python("mine.py:nothing --tasks 2 -q").output == "null\nnull\n")
                #expect(try scripts.python("mine.py:thing -q set x").output == "repr:{1, 2}\nrepr:<class 'object'>\n")
                #expect(try scripts.python(["json:loads", "-q", "[1, \"ü\", null]"]).output == "[1, \"ü\", null]\n")
                let wrong = try scripts.python("mine.py:add --json-items -q [1,2] {")
                #expect(wrong.output == "3\n" && wrong.status == 1 && wrong.errors.contains("JSONDecodeError"))
            }
        }

        @Test(
            "have modules that they import by themselves anew once these have changed",
            arguments: ["--processes 1", "--threads 1"])
        func lateModules(shape: String) throws {
            try Scripts.use { scripts in
                try scripts.write("VALUE = 1\n", to: "late.py")
                try scripts.write("def value(item):\n    import late\n    return late.VALUE\n", to: "app.py")
                let line = "app.py:value \(shape) x"
                #expect(try scripts.python(line + " -q").output == "1\n")
                #expect(try scripts.python(line + " -q").output == "1\n")
                try scripts.write("VALUE = 1234\n", to: "late.py")
                #expect(try scripts.python(line + " -q").output == "1234\n")
                #expect(try scripts.python(line + " --json").receipt.temperature == .warm)
            }
        }

        @Test("fail their own task alone, with the traceback")
        func exceptions() throws {
            try Scripts.use { scripts in
                let outcome = try scripts.python("mine.py:fail --threads 2 a")
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("input 1 (a): ValueError: no a\nTraceback (most recent call last):\n"))
                #expect(outcome.errors.contains("line 10, in fail"))
                #expect(outcome.errors.contains("1× ValueError: no a (first: task 1)"))
                let missing = try scripts.python("mine.py:nowhere a -q")
                #expect(missing.status == 1 && missing.errors.contains("has no function nowhere: it has add, "))
            }
        }

        @Test("run where the caller is, with the caller's variables, on workers that are warm already")
        func context() throws {
            try Scripts.use { scripts in
                let first = try scripts.python("mine.py:place --processes 1 -q x")
                #expect(first.output == "[\"\(scripts.folder)\", null, 18]\n", "\(first.errors)")
                let second = try scripts.python("mine.py:place --processes 1 --json x", variables: ["MARK": "1"])
                #expect(second.output.contains("\\\"1\\\"") && second.output.contains("\"warm\""))
            }
        }

        @Test("get new workers when a source or a variable that was read has changed, and say which")
        func reasons() throws {
            try Scripts.use { scripts in
                try scripts.write("import os\nLEVEL = os.environ.get('APP_LEVEL', 'low')\n", to: "settings.py")
                try scripts.write("import settings\ndef level(item):\n    return settings.LEVEL\n", to: "app.py")
                func reason(_ variables: [String: String] = [:]) throws -> String? {
                    let outcome = try scripts.python("app.py:level --processes 1 --json x", variables: variables)
                    return try outcome.receipt.reason
                }
                #expect(try reason() == "first use")
                #expect(try reason() == nil)
                #expect(try reason(["OTHER": "1"]) == nil)
                #expect(try reason(["APP_LEVEL": "high"]) == "environment changed: APP_LEVEL, read by settings")
                #expect(try reason(["APP_LEVEL": "high"]) == nil)
                #expect(try reason() == nil)
                try scripts.write("LEVEL = 'edited'\n", to: "settings.py")
                #expect(try reason() == "sources changed: \(scripts.folder)/settings.py")
                #expect(try scripts.python("app.py:level --processes 1 -q x").output == "\"edited\"\n")
            }
        }

        @Test("can't be run where what is loaded fails, with the traceback, which stays until a source has changed")
        func broken() throws {
            try Scripts.use { scripts in
                try scripts.write("", to: "loads")
                try scripts.write(
                    "open('loads', 'a').write('x')\nvalue = 1 / 0\ndef work(item):\n    return item\n", to: "app.py")
                var loads: [Int] = []
                for _ in 0..<2 {
                    let outcome = try scripts.python("app.py:work -q x")
                    #expect(outcome.status == 4)
                    #expect(
                        outcome.errors.contains("ZeroDivisionError: division by zero\nTraceback"), "\(outcome.errors)")
                    #expect(outcome.errors.contains("app.py\", line 2, in <module>"))
                    loads.append(try scripts.size(of: "loads"))
                }
                // Of which the second did not load it again.
                #expect(loads[0] > 0 && loads[1] == loads[0])
                // A daemon of one user's alone leaves it to the answer.
                #expect(!scripts.daemon.process.errors.text.contains("can't be started"))
                try scripts.write("def work(item):\n    return item\n", to: "app.py")
                #expect(try scripts.python("app.py:work -q x").output == "\"x\"\n")
                let missing = try scripts.python("app.py:work --preload no_such_module -q x")
                #expect(missing.errors.contains("ModuleNotFoundError: No module named 'no_such_module'"))
            }
        }

        @Test("keep what each task prints apart: in processes all of it, in threads what goes through sys.stdout")
        func printing() throws {
            try Scripts.use { scripts in
                let processes = try scripts.python("mine.py:talk --processes 2 -q -k --tag a b")
                func lines(_ item: String) -> String {
                    ["says \(item)", "child \(item)", "from C", "warns \(item)"].map { "\(item)\t\($0)\n" }.joined()
                }
                #expect(processes.errors == lines("a") + lines("b"))
                #expect(processes.output == "a\tnull\nb\tnull\n")
                let threads = try scripts.python("mine.py:talk --threads 2 -q -k a b")
                #expect(threads.errors == "says a\nwarns a\nsays b\nwarns b\n")
            }
        }

        @Test(
            "have their results printed while others are still called, in the order of the items, and what they print as it comes"
        )
        func streamed() throws {
            try Scripts.use { scripts in
                let parctl = try scripts.start(
                    ["mine.py:wait", "-q", "--processes", "2", "w1", "no", "w2", "last", "w3"])
                #expect(eventually { parctl.process.output.text == "\"w1\"\n\"w2\"\n" })
                #expect(eventually { parctl.process.errors.text.contains("says w3\n") })
                #expect(parctl.process.errors.text.contains("parctl: input 2 (no): ValueError: no\nTraceback"))
                // The one that all wait for gets its end, and the one behind it comes after it.
                try scripts.write("", to: "end")
                let outcome = try parctl.outcome()
                #expect(outcome.status == 1 && outcome.output == "\"w1\"\n\"w2\"\n\"last\"\n\"w3\"\n")
                #expect(outcome.errors.components(separatedBy: "says w").count == 4, "\(outcome.errors)")
                #expect(outcome.errors.components(separatedBy: "input 2 (no)").count == 2, "\(outcome.errors)")
            }
        }

        @Test("keep a log of the tasks, and go on with it")
        func joblog() throws {
            try Scripts.use { scripts in
                #expect(try scripts.python("mine.py:twice -q --joblog log a b").output == "\"aa\"\n\"bb\"\n")
                #expect(try scripts.python("mine.py:twice -q --joblog log --resume a b c").output == "\"cc\"\n")
                let done = try scripts.python("mine.py:twice -q --joblog log --resume a b c")
                #expect(
                    done.status == 0 && done.errors.contains("all that is to be run is in the joblog already: 3 items"))
            }
        }

        @Test("keep real results as pickles")
        func pickles() throws {
            try Scripts.use { scripts in
                #expect(try scripts.python("mine.py:thing -q --pickle all set x").output == "")
                let read = try Child(
                    Interpreters.usual,
                    [
                        "-c",
                        "import pickle; f = open('\(scripts.folder)/all', 'rb'); "
                            + "print(pickle.load(f), pickle.load(f))",
                    ], environment: scripts.daemon.fixture.environment())
                #expect(read.end() == .exit(0))
                #expect(read.output.text == "{1, 2} <class 'object'>\n")
            }
        }

        @Test("are refused by a daemon for all users, which says what to do instead")
        func shared() throws {
            try Scripts.use("--shared") { scripts in
                let outcome = try scripts.python("mine.py:twice -q a")
                #expect(outcome.status == 3 || outcome.status == 4)
                #expect(outcome.errors.contains("a daemon of one's own"), "\(outcome.errors)")
            }
        }
    }
}
