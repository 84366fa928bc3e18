import Control
import Foundation
import Testing

/// What goes wrong in functions, in one way or another where the item says so.
private let trouble = """
    import ctypes, os, signal, sys, time

    def leave(item):
        if item == "x":
            os._exit(3)
        return item

    def crash(item):
        if item == "x":
            ctypes.string_at(0)
        return item

    def killed(item):
        while item == "x":
            os.kill(os.getpid(), signal.SIGKILL)
        return item

    def exit(item):
        if item == "x":
            sys.exit(3)
        return item

    def recurse(item):
        return recurse(item) if item == "x" else item

    def unspeakable(item):
        class Thing:
            def __repr__(self):
                raise RuntimeError("no words")
        return Thing() if item == "x" else item

    def unsayable(item):
        class Thing(Exception):
            def __str__(self):
                raise RuntimeError("no words")
        if item == "x":
            raise Thing
        return item

    def unpicklable(item):
        return (lambda: item) if item == "x" else item

    def heavy(item):
        return len(bytearray(1 << 30)) if item == "x" else item

    def loop(item):
        while item == "x":
            pass
        return item

    def hold(item):
        return sum(range(10 ** 12)) if item == "x" else item

    def stop(item):
        # The signal may reach another thread first, a little later.
        while item == "x":
            os.kill(os.getpid(), signal.SIGSTOP)
        return item
    """

extension EndToEnd {
    @Suite("Python functions that misbehave")
    struct PythonHazardTests {
        /// A function, what its task with `x` comes to, and options.
        struct Case: CustomTestStringConvertible, Sendable {
            let function: String
            let text: String
            var options = ""
            var testDescription: String { function }
        }

        static let cases = [
            Case(function: "leave", text: "its worker died: exit code 3 (3 times)"),
            Case(function: "crash", text: "its worker died: signal 11 (3 times)"),
            Case(function: "killed", text: "its worker died: signal 9 (3 times)"),
            Case(function: "exit", text: "SystemExit: 3"),
            Case(function: "recurse", text: "RecursionError: maximum recursion depth exceeded"),
            Case(function: "unspeakable", text: "RuntimeError: no words"),
            Case(function: "unsayable", text: "Thing: <exception str() failed>"),
            Case(function: "unpicklable", text: "pickle local object", options: "--output results"),
            Case(function: "heavy", text: "MemoryError"),
            Case(
                function: "loop", text: "pard.TimedOut: the task took longer than its timeout",
                options: "--timeout 500ms"),
            Case(
                function: "hold",
                text: "the task took longer than its timeout, could not be interrupted, and was ended with its worker",
                options: "--timeout 500ms"),
        ]

        @Test(
            "end their own task in the right way and leave the others alone", arguments: cases,
            ["--processes 2", "--threads 2"])
        func ends(trouble own: Case, shape: String) throws {
            try Scripts.use("--runtime-memory 600MiB --cancel-grace 400ms") { scripts in
                try scripts.write(trouble, to: "trouble.py")
                let line = "trouble.py:\(own.function) \(shape) \(own.options) -q"
                let outcome = try scripts.python(line + " a x b c")
                #expect(outcome.status == 1)
                #expect(outcome.errors.contains("input 2 (x): "), "\(outcome.errors)")
                #expect(outcome.errors.contains(own.text), "\(outcome.errors)")
                if own.options.contains("--output") {
                    let kept = try FileManager.default.contentsOfDirectory(atPath: scripts.folder + "/results")
                    #expect(kept.sorted() == ["1", "3", "4"])
                } else {
                    #expect(outcome.output == "\"a\"\n\"b\"\n\"c\"\n")
                }
                // The pool goes on.
                #expect(try scripts.python("trouble.py:\(own.function) \(shape) -q y").output == "\"y\"\n")
                #expect(try scripts.daemon.status.ledgerBytes == 0)
            }
        }

        @Test(
            "say where they were when the interpreter crashed",
            arguments: ["--processes 2", "--processes 2 --cold=exec", "--threads 2"])
        func traceback(shape: String) throws {
            try Scripts.use { scripts in
                try scripts.write(trouble, to: "trouble.py")
                let text = try scripts.python("trouble.py:crash \(shape) -q a x b").errors
                let lines = text.split(separator: "\n")
                let last = try #require(lines.last)
                #expect(text.contains("its worker died: signal 11 (3 times)\nTraceback (most recent call first):\n"))
                #expect(last.hasPrefix("  File \"\(scripts.folder)/trouble.py\", line "), "\(text)")
                #expect(last.hasSuffix(" in crash"))
                // Another process of the same number would find nothing of it.
                #expect(!(try scripts.python("trouble.py:killed \(shape) -q x").errors.contains("Traceback")))
            }
        }

        @Test(
            "end with the run when their user presses Ctrl-C, and leave warm workers",
            arguments: [
                "--processes 2", "--threads 2",
            ], ["loop", "hold", "stop"])
        func interruption(shape: String, function: String) throws {
            try Scripts.use("--cancel-grace 300ms") { scripts in
                try scripts.write(trouble, to: "trouble.py")
                #expect(try scripts.python("trouble.py:\(function) \(shape) -q y").output == "\"y\"\n")
                let run = try scripts.start(
                    "trouble.py:\(function) \(shape) -q x x".split(separator: " ").map(String.init))
                _ = try scripts.daemon.awaitJob()
                run.process.signal(SIGINT)
                let outcome = try run.outcome()
                #expect(outcome.status == 130)
                #expect(!outcome.errors.contains("Traceback"))
                #expect(try scripts.python("trouble.py:\(function) \(shape) -q y").output == "\"y\"\n")
            }
        }

        @Test("are refused where what they load leaves a thread running, which is named")
        func threads() throws {
            try Scripts.use { scripts in
                try scripts.write(
                    "import threading, time\n"
                        + "threading.Thread(target=time.sleep, args=(60,), name='poller', daemon=True).start()\n"
                        + "def work(item):\n    return item\n", to: "app.py")
                let outcome = try scripts.python("app.py:work -q x")
                #expect(
                    outcome.status == 4 && outcome.errors.contains("poller (threading.Thread)"), "\(outcome.errors)")
            }
        }

        @Test("come with warnings of what they load: threads of C code, and event loops; used CUDA is refused")
        func warnings() throws {
            try Scripts.use { scripts in
                try scripts.write(
                    "import asyncio, ctypes\nloop = asyncio.new_event_loop()\nlibc = ctypes.CDLL(None)\n"
                        + "thread = ctypes.c_ulong()\nlibc.pthread_create(ctypes.byref(thread), None, libc.pause, None)\n"
                        + "def work(item):\n    return item\n", to: "app.py")
                let receipt = try scripts.python("app.py:work --processes 1 --json x").receipt
                let texts = try #require(receipt.interpreter?.warnings)
                #expect(texts.count == 2, "\(texts)")
                #expect(texts.first?.contains("1 thread of C code (python") == true)
                #expect(texts.last?.contains("event loop") == true)
                let clean = try scripts.python("mine.py:twice --processes 1 --json x").receipt
                #expect(clean.interpreter?.warnings == [])
                try FileManager.default.createDirectory(
                    atPath: scripts.folder + "/torch", withIntermediateDirectories: false)
                try scripts.write(
                    "class cuda:\n    is_initialized = staticmethod(lambda: True)\n", to: "torch/__init__.py")
                let refused = try scripts.python("mine.py:twice --preload torch --processes 1 -q x")
                #expect(refused.status == 4 && refused.errors.contains("CUDA"), "\(refused.errors)")
            }
        }

        @Test("are refused where loading ends the interpreter, or forking ends the child")
        func deaths() throws {
            try Scripts.use { scripts in
                try scripts.write("import os\nos._exit(9)\n", to: "first.py")
                #expect(try scripts.python("first.py:work -q x").errors.contains("it ended with exit code 9"))
                try scripts.write(
                    "import os\nos.register_at_fork(after_in_child=lambda: os._exit(5))\n"
                        + "def work(item):\n    return item\n", to: "second.py")
                let outcome = try scripts.python("second.py:work -q x")
                #expect(outcome.status == 4 || outcome.status == 1, "\(outcome.status)")
                #expect(outcome.errors.contains("exit code 5"), "\(outcome.errors)")
                #expect(try scripts.python("second.py:work -q x --python /bin/false").errors.contains("exit code 1"))
            }
        }

        @Test("find what was opened and written by what they load, and write it once")
        func buffers() throws {
            try Scripts.use { scripts in
                try scripts.write(
                    "out = open('out.txt', 'w')\nout.write('once')\ndef work(item):\n    return item\n", to: "app.py")
                #expect(try scripts.python("app.py:work --processes 2 -q x y").output == "\"x\"\n\"y\"\n")
                _ = try scripts.python("app.py:work --processes 2 --cold -q x y")
                #expect(try String(contentsOfFile: scripts.folder + "/out.txt", encoding: .utf8) == "once")
            }
        }

        @Test("may use processes and pools of their own", arguments: ["--processes 2", "--threads 2"])
        func nested(shape: String) throws {
            try Scripts.use { scripts in
                try scripts.write(
                    "import concurrent.futures, multiprocessing\n"
                        + "def twice(n):\n    return 2 * n\n"
                        + "def pool(item):\n    with multiprocessing.Pool(2) as pool:\n"
                        + "        return pool.map(twice, [1, 2])\n"
                        + "def served(item):\n    with multiprocessing.get_context('forkserver').Pool(1) as pool:\n"
                        + "        return pool.map(twice, [1, 2])\n"
                        + "def executor(item):\n    with concurrent.futures.ProcessPoolExecutor(2) as pool:\n"
                        + "        return list(pool.map(twice, [1, 2]))\n", to: "app.py")
                #expect(try scripts.python("app.py:pool \(shape) -q a b").output == "[2, 4]\n[2, 4]\n")
                #expect(try scripts.python("app.py:executor \(shape) -q a b").output == "[2, 4]\n[2, 4]\n")
                // It has a process and a folder of its own, which go with the worker.
                #expect(try scripts.python("app.py:served \(shape) -q a b").output == "[2, 4]\n[2, 4]\n")
            }
        }

        @Test("are found through a shim that is a script, from wherever it is called")
        func shims() throws {
            try Scripts.use { scripts in
                try scripts.write("#!/bin/sh\nexec \(Interpreters.usual) \"$@\"\n", to: "shim")
                #expect(chmod(scripts.folder + "/shim", 0o755) == 0)
                #expect(try scripts.python("mine.py:twice --python ./shim --processes 2 -q a").output == "\"aa\"\n")
                #expect(try scripts.python("mine.py:twice --python ./shim --threads 2 -q a").output == "\"aa\"\n")
            }
        }

        @Test("are found through a shim that does not become the interpreter, and is asked once")
        func askedShims() throws {
            try Scripts.use { scripts in
                try scripts.write(
                    "#!/bin/sh\necho asked >> \(scripts.folder)/asked\n\(Interpreters.usual) \"$@\"\nexit $?\n",
                    to: "shim")
                #expect(chmod(scripts.folder + "/shim", 0o755) == 0)
                for shape in ["--processes 2", "--threads 2", "--processes 2 --cold"] {
                    #expect(try scripts.python("mine.py:twice --python ./shim \(shape) -q a").output == "\"aa\"\n")
                }
                // The interpreter itself has the same workers.
                let direct = try scripts.python("mine.py:twice --python \(Interpreters.usual) --processes 2 --json a")
                #expect(try direct.receipt.temperature == .warm)
                #expect(try String(contentsOfFile: scripts.folder + "/asked", encoding: .utf8) == "asked\n")
                try scripts.write("#!/bin/sh\necho 'no python3.99 here' >&2\nexit 127\n", to: "shim")
                let refused = try scripts.python("mine.py:twice --python ./shim -q a")
                #expect(refused.status == 4 && refused.errors.contains("no python3.99 here"), "\(refused.errors)")
            }
        }

        @Test("get new processes after so many tasks, which are no deaths")
        func renewal() throws {
            try Scripts.use { scripts in
                let items = (1...20).map(String.init).joined(separator: " ")
                let line = "mine.py:pid --processes 2 --max-tasks-per-worker 3 "
                let pids = try scripts.python(line + "-q " + items).output.split(separator: "\n")
                #expect(pids.count == 20)
                #expect(Dictionary(grouping: pids) { $0 }.allSatisfy { $0.value.count <= 3 })
                let receipt = try scripts.python(line + "--json " + items).receipt
                #expect(receipt.deaths == 0 && receipt.reruns == 0 && receipt.tasks.ok == 20)
                #expect(!scripts.daemon.process.errors.text.contains("worker lost"))
                let threads = try scripts.python("mine.py:pid --threads 2 --max-tasks-per-worker 3 -q 1")
                #expect(threads.status != 0 && threads.errors.contains("workers that are processes"))
            }
        }

        @Test("get new processes where these have grown by more than they may, which are no deaths")
        func growth() throws {
            try Scripts.use("--worker-growth 40MiB") { scripts in
                try scripts.write(
                    "import os\nkept = []\ndef leak(item):\n    kept.append(bytearray(b'x') * (1 << 24))\n"
                        + "    return os.getpid()\ndef clean(item):\n    len(bytearray(b'x') * (1 << 26))\n"
                        + "    return os.getpid()\n", to: "app.py")
                let line = "app.py:leak --processes 1 a b c d e f g h i --json"
                let outcome = try scripts.python(line)
                let receipt = try outcome.receipt
                #expect(receipt.deaths == 0 && receipt.reruns == 0 && receipt.tasks.ok == 9)
                let pids = try scripts.python("app.py:leak --processes 1 -q a b c d e f g h i").output
                    .split(separator: "\n")
                #expect(Dictionary(grouping: pids) { $0 }.values.map(\.count).sorted() == [3, 3, 3], "\(pids)")
                let same = try scripts.python("app.py:clean --processes 1 -q a b c d").output.split(separator: "\n")
                #expect(Set(same).count == 1)
            }
        }

        @Test("are loaded within their time, and anew when they are old")
        func times() throws {
            try Scripts.use("--runtime-start-time 1s --runtime-age 1ms") { scripts in
                try scripts.write("import time\ntime.sleep(60)\n", to: "slow.py")
                #expect(try scripts.python("slow.py:work -q x").errors.contains("it has not answered for"))
                let line = "json:loads --processes 1 --json 1"
                // An interpreter may take longer than that where others have the processors.
                var isLoaded = false
                let isRenewed = try inOneOf(8) {
                    let outcome = try scripts.python(line)
                    defer { isLoaded = outcome.status == 0 }
                    guard isLoaded, outcome.status == 0 else { return false }
                    #expect(try outcome.receipt.reason == "workers renewed, as their interpreter was too old")
                    return true
                }
                #expect(isRenewed)
            }
        }

        @Test("start as before after runs that were given up while their workers started")
        func givenUp() throws {
            let interpreter = try #require(PythonTests.interpreter)
            try Scripts.use("--worker-limit 64") { scripts in
                try scripts.write("import time\ndef wait(item):\n    time.sleep(len(item))\n", to: "slow.py")
                let arguments = #"{"function":"\#(scripts.folder)/slow.py:wait","python":"\#(interpreter)"}"#
                /// A run of so many tasks with a process each, which sleep, or do nothing.
                func call(_ tasks: Int, seconds: Int) -> String {
                    let bytes = Data(repeating: 0x30, count: tasks * seconds).base64EncodedString()
                    return """
                        {"method":"org.pard.Control.Run","parameters":{"workload":"python","arguments":\(arguments),\
                        "processes":\(tasks),"cold":"fresh","tasks":\(tasks),"block":{"base64":"\(bytes)",\
                        "lengths":[\(repeatElement("\(seconds)", count: tasks).joined(separator: ","))]}}}
                        """
                }
                func isFine() throws -> Bool {
                    var connection = try RawConnection(scripts.daemon.socket)
                    let reply = try connection.exchange(call(1, seconds: 0)) ?? ""
                    #expect(reply.contains(#""outcome":"ok""#), "\(reply)")
                    return reply.contains(#""outcome":"ok""#)
                }
                try #require(try isFine())
                let daemon = Int(scripts.daemon.process.pid)
                let before = Processes.children(of: daemon).count
                for more in 1...12 {
                    do {
                        let connection = try RawConnection(scripts.daemon.socket)
                        connection.send(call(12, seconds: 9))
                        // So many of them are there, and the zygote may not have told of all.
                        #expect(eventually { Processes.children(of: daemon).count >= before + more })
                    }
                    #expect(eventually { Processes.children(of: daemon).count <= before })
                    guard try isFine() else { return }
                }
            }
        }

        @Test("with another seed for hashes get workers of their own")
        func seeds() throws {
            try Scripts.use { scripts in
                _ = try scripts.python("mine.py:twice -q a")
                let other = try scripts.python("mine.py:twice --json a", variables: ["PYTHONHASHSEED": "7"])
                #expect(try other.receipt.reason == "environment changed: PYTHONHASHSEED, read by the interpreter")
            }
        }

        /// Whether the tests' own environment has NumPy.
        static let hasNumPy: Bool = {
            guard let interpreter = PythonTests.interpreter,
                let child = try? Child(interpreter, ["-c", "import numpy"], environment: [:])
            else { return false }
            return child.end(within: 60) == .exit(0)
        }()

        @Test(
            "may use OpenBLAS in processes whose zygote has used it, and draw numbers of their own",
            .enabled(if: hasNumPy, "PARD_PYTHON has no NumPy"))
        func numPy() throws {
            let interpreter = try #require(PythonTests.interpreter)
            try Scripts.use { scripts in
                try scripts.write(
                    "import os, time\nimport numpy as np\na = np.ones((400, 400))\na @ a\n"
                        + "def dot(item):\n    return float((a @ a)[0, 0])\n"
                        + "def draw(item):\n    time.sleep(0.2)\n    return [os.getpid(), float(np.random.random())]\n",
                    to: "app.py")
                // Threads of BLAS do not survive a fork; those that had not been told of it hung here.
                let variables = ["OPENBLAS_NUM_THREADS": "2"]
                let line = "--python \(interpreter) --processes 2 --timeout 20s -q"
                let dots = try scripts.python("app.py:dot \(line) a b c d", variables: variables)
                #expect(dots.output == String(repeating: "400.0\n", count: 4), "\(dots.errors)")
                let drawn = try scripts.python("app.py:draw \(line) a b", variables: variables).output
                let pairs = try drawn.split(separator: "\n").map {
                    try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [Double])
                }
                #expect(Set(pairs.map { $0[0] }).count == 2 && Set(pairs.map { $0[1] }).count == 2, "\(drawn)")
            }
        }
    }
}
