import CLease
import Control
import Foundation
import Glibc
import Linux
import Synchronization
import Testing

extension Daemon {
    /// Nothing of a lease is left: no job, no busy worker, no memory.
    fileprivate var isAtRest: Bool {
        get throws {
            let status = try status
            return try jobs.isEmpty && status.workersBusy == 0 && status.ledgerBytes == 0 && leaseFiles == 0
        }
    }

    /// How many of this daemon's processes hold the memory of a lease.
    fileprivate var leaseFiles: Int {
        fixture.processes.count { pid in
            let maps = (try? String(contentsOfFile: "/proc/\(pid)/maps", encoding: .utf8)) ?? ""
            return maps.contains("memfd:par-lease")
        }
    }
}

extension EndToEnd {
    @Suite("A lease")
    struct LeaseTests {
        @Test(
            "puts tasks through warm workers of every kind, and has a receipt like a run",
            arguments: [(0, 2), (2, 0), (2, 2)] as [(UInt32, UInt32)])
        func kinds(processes: UInt32, threads: UInt32) throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "noop", processes: processes, threads: threads)
                for user in 0..<1000 as Range<UInt64> {
                    let result = try client.take(client.put(user: user)).result
                    #expect(result.state == UInt8(PAR_TASK_OK) && result.user == user)
                    #expect(result.start > 0 && result.stop >= result.start && result.pid > 0)
                }
                let receipt = try client.finish()
                #expect(receipt.outcome == .ok && receipt.tasks.ok == 1000 && receipt.tasks.total == 1000)
                #expect(receipt.workers == Int(max(processes, 1) * max(threads, 1)))
                #expect(receipt.workerCosts.reduce(0) { $0 + $1.tasks } == 1000)
                #expect(receipt.task.max >= receipt.task.min && receipt.task.sum > 0)
                #expect(receipt.elapsed == receipt.phases.sum)
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test("takes inputs and hands back results of any size, where they stand")
        func bytes() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let client = try LeaseClient(
                        daemon, "native", ["function", libraries.path("shout") + ":shout"], processes: 2)
                    for size in [0, 1, 128, 129, 160, 161, 4096, 4097, 1 << 20] {
                        let input = [UInt8](repeating: UInt8(ascii: "a"), count: size)
                        let (result, bytes) = try client.take(client.put(input))
                        #expect(result.state == UInt8(PAR_TASK_OK))
                        #expect(bytes == [UInt8](repeating: UInt8(ascii: "A"), count: size), "\(size) bytes")
                    }
                    // What is held stays, whatever comes after it.
                    let held = try client.put(Array("held".utf8))
                    let kept = try client.wait(held).result
                    for _ in 0..<100 {
                        _ = try client.take(client.put([UInt8](repeating: UInt8(ascii: "x"), count: 10_000)))
                    }
                    #expect(
                        Array(UnsafeRawBufferPointer(start: kept.bytes, count: kept.size)) == Array("HELD".utf8))
                    client.release(held)
                }
            }
        }

        @Test("is used by a program in C by its header and its library alone")
        func program() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let child = try Child(
                        try Program.leaseClient.path,
                        [daemon.socket, libraries.path("shout") + ":shout", "one", "two words", "drei"],
                        environment: daemon.fixture.environment())
                    #expect(child.end() == .exit(0), "\(child.errors.text)")
                    try #require(child.output.isOver(within: 10) && child.errors.isOver(within: 10))
                    #expect(child.output.text == "ONE\nTWO WORDS\nDREI\n")
                    #expect(child.errors.text.contains("\"outcome\":\"ok\""))
                }
            }
        }

        @Test("loses what a worker was at when it was killed, says how, and goes on with another")
        func loss() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "sleep", ["for", "1s"], processes: 2)
                let ids = try (0..<6).map { _ in try client.put() }
                let first = try client.take(ids[0]).result
                // It is asleep in its next one: it doesn't sleep between claiming one and beginning it.
                let pid = Int(first.pid)
                #expect(eventually { ids[1..<4].allSatisfy { client.begun($0) == 1 } && Processes.isAsleep(pid) })
                kill(pid_t(first.pid), SIGKILL)
                let rest = try ids.dropFirst().map { try client.take($0).result }
                let lost = rest.filter { $0.state == UInt8(PAR_TASK_LOST) }
                #expect(lost.count == 1)
                #expect(lost.first?.failure == UInt32(PAR_LOST_SIGNAL) << 16 | UInt32(SIGKILL))
                #expect(lost.first?.pid == first.pid && lost.first?.deaths == 1)
                #expect(client.losses == 1)
                let receipt = try client.finish()
                #expect(receipt.tasks.ok == 5 && receipt.tasks.lost == 1 && receipt.deaths == 1)
                #expect(receipt.outcome == .failed)
                #expect(receipt.failures.first?.reason == "its worker died: signal 9")
            }
        }

        @Test("has workers replaced that a signal has stopped between tasks, and none that is at one")
        func stoppedWorker() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "sleep", ["for", "500ms"], processes: 1)
                let pid = try client.take(client.put()).result.pid
                let task = try client.put()
                #expect(eventually { client.begun(task) == 1 })
                kill(pid_t(pid), SIGSTOP)
                #expect(client.code(ofWaitingFor: task, seconds: 2) == -ETIMEDOUT)
                kill(pid_t(pid), SIGCONT)
                #expect(try client.take(task).result.pid == pid)
                kill(pid_t(pid), SIGSTOP)
                let next = try client.take(client.put()).result
                #expect(next.state == UInt8(PAR_TASK_OK) && next.pid != pid)
                _ = try client.finish()
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test("does again what a worker was at when it was killed, where it is asked for that")
        func rerun() throws {
            try Daemon.run { daemon in
                let isHit = try inOneOf(10) {
                    let client = try LeaseClient(daemon, "sleep", ["for", "200ms"], processes: 2, attempts: 3)
                    let ids = try (0..<6).map { _ in try client.put() }
                    let first = try client.take(ids[0]).result
                    kill(pid_t(first.pid), SIGKILL)
                    let rest = try ids.dropFirst().map { try client.take($0).result }
                    #expect(rest.allSatisfy { $0.state == UInt8(PAR_TASK_OK) })
                    let receipt = try client.finish()
                    #expect(receipt.tasks.ok == 6 && receipt.outcome == .ok)
                    // Where this was held up, all had ended before.
                    if rest.allSatisfy({ $0.deaths == 0 }) { return false }
                    #expect(receipt.deaths == 1)
                    return true
                }
                #expect(isHit)
            }
        }

        @Test("cancels what no worker has begun, and nothing else")
        func cancel() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "sleep", ["for", "200ms"], processes: 1)
                var running: UInt64 = 0
                // The worker may not have come to it yet.
                let isBegun = try eventually {
                    running = try client.put()
                    if client.cancel(running) == -EBUSY { return true }
                    _ = try client.take(running)
                    return false
                }
                try #require(isBegun)
                #expect(client.begun(running) == 1)
                let waiting = try client.put()
                #expect(client.begun(waiting) == 0)
                #expect(client.cancel(waiting) == 0)
                #expect(try client.take(waiting).result.state == UInt8(PAR_TASK_CANCELLED))
                #expect(try client.take(running).result.state == UInt8(PAR_TASK_OK))
                #expect(client.cancel(running) == -ENOENT && client.begun(running) == -ENOENT)
                #expect(client.code(ofWaitingFor: waiting) == -ENOENT)
                #expect(try client.finish().tasks.total == 1)
            }
        }

        @Test("has room for as many tasks as were asked for, and no more until one is let go")
        func bounds() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "noop", processes: 1, tasks: 64, inputBytes: 8192)
                let ids = try (0..<64).map { _ in try client.put() }
                #expect(client.tryPut() == -EAGAIN)
                #expect(client.takeAny(atLeast: 64).count == 64)
                #expect(client.tryPut() == -EAGAIN)
                client.release(ids[7])
                #expect(client.tryPut([1]) == 0)
                client.release(ids[8])
                #expect(client.tryPut([UInt8](repeating: 0, count: 8193)) == -E2BIG)
                #expect(client.tryPut([UInt8](repeating: 0, count: 8192)) == 0)
                client.release(ids[9])
                #expect(client.tryPut([UInt8](repeating: 0, count: 200)) == -EAGAIN)
                for size in [.max, .max - 4095, 1 << 32] as [UInt] { #expect(!client.reserves(size), "\(size) bytes") }
            }
        }

        @Test("has room for others, in their order, where many were cancelled while its workers were busy")
        func cancelledMany() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "sleep", ["for", "200ms"], processes: 1, tasks: 64)
                var ids = [try client.put()]
                #expect(eventually { client.begun(ids[0]) == 1 })
                for round in 0..<200 {
                    if round % 20 == 0 { ids.append(try client.put()) }
                    let cancelled = try client.put()
                    #expect(client.cancel(cancelled) == 0)
                    #expect(try client.take(cancelled).result.state == UInt8(PAR_TASK_CANCELLED))
                }
                let results = try ids.map { try client.take($0).result }
                #expect(results.count == 11 && results.allSatisfy { $0.state == UInt8(PAR_TASK_OK) })
                let order = results.indices.sorted { results[$0].start < results[$1].start }
                #expect(order == Array(0..<11))
                #expect(try client.take(client.put()).result.state == UInt8(PAR_TASK_OK))
            }
        }

        @Test("wakes who waits for a task that is cancelled", arguments: [true, false])
        func cancelledWait(inOrder: Bool) throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "sleep", ["for", "1h"], processes: 1)
                nonisolated(unsafe) let shared = client
                let busy = try client.put()
                #expect(eventually { client.begun(busy) == 1 })
                // The first one listens, the second one to what that hears.
                var waits: [(id: UInt64, call: WaitingCall)] = []
                for _ in 0..<2 {
                    let id = try client.put()
                    waits.append((id, try WaitingCall { Int(shared.code(ofWaitingFor: id, seconds: 15)) }))
                }
                for (id, call) in inOrder ? waits : waits.reversed() {
                    #expect(client.cancel(id) == 0)
                    #expect(call.value == 0)
                }
                let others = try (0..<3).map { _ in try client.put() }
                let taker = try WaitingCall { shared.count(ofTakingAtLeast: 2, seconds: 15) }
                #expect(client.cancel(others[2]) == 0 && client.cancel(others[0]) == 0)
                #expect(taker.value == 2)
            }
        }

        @Test("is refused with the reason, and takes nothing then")
        func refusals() throws {
            try Daemon.run("--worker-limit 8 --floor-threads 0 --floor-processes 2") { daemon in
                func refusal(_ make: () throws -> LeaseClient) -> String {
                    do {
                        _ = try make()
                        return "none"
                    } catch let refusal as LeaseClient.Refusal {
                        return refusal.text
                    } catch {
                        return "\(error)"
                    }
                }
                #expect(refusal { try LeaseClient(daemon, "nothing", processes: 1) }.contains("UnknownWorkload"))
                #expect(refusal { try LeaseClient(daemon, "exec", processes: 1) }.contains("BadArgument"))
                #expect(refusal { try LeaseClient(daemon, "noop", processes: 1, tasks: 100) }.contains("power of two"))
                #expect(
                    refusal { try LeaseClient(daemon, "noop", processes: 7) }
                        .contains("\"limit\":\"leased workers\",\"value\":7,\"allowed\":6"))
                let held = try LeaseClient(daemon, "noop", processes: 4)
                #expect(refusal { try LeaseClient(daemon, "noop", processes: 3) }.contains("Busy"))
                #expect(
                    try daemon.call(Run.method, Run.Request(workload: "noop", processes: 4), as: Run.Reply.self)
                        .receipt?.outcome == .ok)
                #expect(try held.finish().outcome == .ok)
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test(
            "is waited for as long as was asked for, where nobody takes connections, whatever signals come meanwhile",
            arguments: [1, 999_999_999])
        func full(nanoseconds: Int64) throws {
            try Fixture.run { fixture in
                let socket = try FullSocket(fixture.folder + "/full.sock")
                let isOver = DispatchGroup()
                isOver.enter()
                let code = Mutex<Int32>(0)
                let waiting = Mutex<pthread_t?>(nil)
                var action = sigaction()
                action.__sigaction_handler.sa_handler = { _ in }
                sigaction(SIGUSR2, &action, nil)
                defer { signal(SIGUSR2, SIG_DFL) }
                Thread.detachNewThread {
                    // Threads of tests have all signals blocked, and so have those that they start.
                    var signals = sigset_t()
                    sigaddset(&signals, SIGUSR2)
                    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                    waiting.withLock { $0 = pthread_self() }
                    socket.path.withCString { path in
                        var options = par_lease_options()
                        options.version = UInt32(PAR_LEASE_VERSION)
                        options.socket = path
                        options.timeout = nanoseconds
                        var lease: OpaquePointer?
                        code.withLock { $0 = par_lease_open(&options, &lease, nil, 0) }
                    }
                    waiting.withLock { $0 = nil }
                    isOver.leave()
                }
                #expect(
                    eventually {
                        waiting.withLock { if let thread = $0 { pthread_kill(thread, SIGUSR2) } }
                        return isOver.isLeft(within: 0.02)
                    })
                // Lets one go that waits all the same.
                socket.remove()
                isOver.wait()
                #expect(code.withLock { $0 } == -ETIMEDOUT)
            }
        }

        @Test("gives idle workers up for a run that has no room, and goes on with the others")
        func idle() throws {
            try Daemon.run("--worker-limit 8 --floor-threads 0 --floor-processes 6") { daemon in
                let client = try LeaseClient(daemon, "noop", processes: 6)
                // They are there, and have fallen asleep.
                for _ in 0..<20 { _ = try client.take(client.put()) }
                #expect(try eventually { try daemon.status.workers >= 6 })
                let isDone = eventually {
                    (try? daemon.call(Run.method, Run.Request(workload: "noop", processes: 5), as: Run.Reply.self))?
                        .receipt?.outcome == .ok
                }
                #expect(isDone)
                for _ in 0..<100 { #expect(try client.take(client.put()).result.state == UInt8(PAR_TASK_OK)) }
                // They are made up for, and join a lease that has long been at work.
                #expect(try eventually { try daemon.status.workersBusy == 6 })
                let receipt = try client.finish()
                #expect(receipt.outcome == .ok)
                let phases = receipt.phases
                #expect(
                    [phases.queue, phases.startup, phases.dispatch, phases.run, phases.collect].allSatisfy { $0 >= 0 },
                    "\(phases)")
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test("counts among the memory that jobs hold, with all that is its own")
        func memory() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "noop", processes: 2, inputBytes: 8 << 20, resultBytes: 4 << 20)
                _ = try client.take(client.put())
                #expect(try (12 << 20..<32 << 20).contains(daemon.status.ledgerBytes))
                _ = try client.finish()
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test("has a directory and variables of its own for workers of an interpreter, or else its program's")
        func context() throws {
            try Scripts.use { scripts in
                let folders = ["one", "two"].map { "\(scripts.folder)/\($0)" }
                for folder in folders {
                    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                    try scripts.write(
                        "import os\ndef place(item):\n    return [os.getcwd(), os.environ.get('WHO')]\n",
                        to: "\(folder.hasSuffix("one") ? "one" : "two")/app.py")
                }
                func client(_ version: Int32) throws -> [LeaseClient] {
                    try folders.map { folder in
                        try LeaseClient(
                            scripts.daemon, "python",
                            ["function", "\(folder)/app.py:place", "python", Interpreters.usual],
                            threads: 1, directory: folder, environment: ["PATH=/usr/bin:/bin", "WHO=\(folder)"],
                            version: version)
                    }
                }
                func places(_ version: Int32) throws -> [String] {
                    let clients = try client(version)
                    let tasks = try clients.map { try $0.put(Array("x".utf8)) }
                    return try zip(clients, tasks).map { client, task in
                        String(decoding: try client.take(task).bytes, as: UTF8.self)
                    }
                }
                let own = try places(2)
                #expect(own == folders.map { "[\"\($0)\", \"\($0)\"]" })
                let here = FileManager.default.currentDirectoryPath
                let older = try places(1)
                #expect(older == folders.map { _ in "[\"\(here)\", null]" })
            }
        }

        @Test(
            "ends tasks in Python that take longer than they may, and goes on",
            arguments: [(1, 0), (0, 1)] as [(UInt32, UInt32)])
        func lateTasks(processes: UInt32, threads: UInt32) throws {
            try Scripts.use("--cancel-grace 400ms") { scripts in
                try scripts.write(
                    "def loop(item):\n    while item == 'x':\n        pass\n    return item\n"
                        + "def hold(item):\n    return sum(range(10 ** 12)) if item == 'x' else item\n", to: "app.py")
                for (function, words) in [("loop", "pard.TimedOut"), ("hold", "")] {
                    let client = try LeaseClient(
                        scripts.daemon, "python",
                        [
                            "function", "\(scripts.folder)/app.py:\(function)", "python", Interpreters.usual, "timeout",
                            "300ms",
                        ], processes: processes, threads: threads)
                    // Their numbers are not the places of their records.
                    for _ in 0..<3 { _ = try client.take(client.put(Array("y".utf8))) }
                    let (late, text) = try client.take(client.put(Array("x".utf8)))
                    #expect(late.state == UInt8(PAR_TASK_FAILED))
                    #expect(String(decoding: text, as: UTF8.self).hasPrefix(words))
                    let (next, result) = try client.take(client.put(Array("y".utf8)))
                    #expect(next.state == UInt8(PAR_TASK_OK) && result == Array("\"y\"".utf8))
                    let tasks = try client.finish().tasks
                    #expect((tasks.ok, tasks.failed, tasks.lost) == (4, 1, 0), "\(function): \(tasks)")
                }
                #expect(try eventually { try scripts.daemon.isAtRest })
            }
        }

        @Test("ends when its time is over, and says so")
        func timeout() throws {
            try Daemon.run { daemon in
                var connection = try RawConnection(daemon.socket)
                connection.send(
                    #"{"method":"org.pard.Control.Lease","more":true,"parameters":{"workload":"noop","processes":2,"#
                        + #""timeout":300000000}}"#)
                #expect(try connection.next()?.contains(#""lease":{"#) == true)
                let last = try #require(try connection.next())
                #expect(last.contains(#""outcome":"timeout""#), "\(last)")
                #expect(try eventually { try daemon.isAtRest })
            }
        }

        @Test("is over, with the reason, where its workers die of what they do before the first task")
        func fallingWorkers() throws {
            try Libraries.use { libraries in
                try Daemon.run { daemon in
                    let client = try LeaseClient(
                        daemon, "native", ["function", libraries.path("faults") + ":fall"], processes: 2)
                    let id = try client.put()
                    #expect(try client.wait(id).result.state == UInt8(PAR_TASK_CANCELLED))
                    // Pauses, too, or there would be hundreds.
                    #expect(try daemon.status.workersReplaced < 30)
                    let text = try client.lastWords()
                    #expect(text.contains("WorkersFailed") && text.contains("signal 6"), "\(text)")
                    #expect(try eventually { try daemon.isAtRest })
                }
            }
        }

        @Test("ends with its client's connection, whatever its workers are at")
        func clientGone() throws {
            try Daemon.run { daemon in
                do {
                    let client = try LeaseClient(daemon, "sleep", ["for", "1h"], processes: 2)
                    for _ in 0..<10 { try client.put() }
                    _ = try daemon.awaitJob()
                }
                #expect(try eventually { try daemon.isAtRest })
                // Workers that were taken from the floors have been made up for meanwhile, and are back beside those.
                #expect(try daemon.status.workers >= 8)
            }
        }

        @Test("is over for its client when the daemon ends, or is killed", arguments: [SIGTERM, SIGKILL])
        func daemonGone(signal: Int32) throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                let client = try LeaseClient(daemon, "sleep", ["for", "1h"], processes: 2)
                let id = try client.put()
                _ = try daemon.awaitJob()
                daemon.process.signal(signal)
                var result = par_result()
                let code = client.code(ofWaitingFor: id, seconds: 20)
                #expect(code == -EPIPE || code == 0)
                if code == 0 { #expect(result.state == 0) }
                result.state = 1
                #expect(eventually { client.isOver })
                #expect(client.tryPut() == -EPIPE)
                _ = daemon.process.end()
                try fixture.removeFiles()
            }
        }

        @Test("is heard by who only looks: its receipt, and the end of the daemon")
        func looks() throws {
            try Fixture.run { fixture in
                let daemon = try Daemon(in: fixture)
                let client = try LeaseClient(daemon, "noop", processes: 1)
                _ = try client.take(client.put())
                var receipt: String?
                let isFinished = eventually {
                    receipt = client.lastWords(within: 0)
                    return receipt != nil
                }
                #expect(isFinished && receipt?.contains(#""outcome":"ok""#) == true)
                let clients = try (0..<2).map { _ in try LeaseClient(daemon, "sleep", ["for", "1h"], processes: 1) }
                let ids = try clients.map { try $0.put() }
                #expect(eventually { zip(clients, ids).allSatisfy { $0.begun($1) == 1 } })
                #expect(clients[0].count(ofTakingAtLeast: 1, seconds: 0) == -Int(ETIMEDOUT))
                daemon.process.signal(SIGKILL)
                #expect(eventually { clients[0].count(ofTakingAtLeast: 1, seconds: 0) == -Int(EPIPE) })
                #expect(eventually { clients[1].code(ofWaitingFor: ids[1], seconds: 0) == -EPIPE })
                _ = daemon.process.end()
                try fixture.removeFiles()
            }
        }

        @Test("is used by several threads at a time, each of which has its own results")
        func threads() throws {
            try Daemon.run { daemon in
                let client = try LeaseClient(daemon, "noop", processes: 2)
                nonisolated(unsafe) let shared = client
                let group = DispatchGroup()
                for thread in 0..<4 as Range<UInt64> {
                    Thread.detachNewThread {
                        do {
                            for task in 0..<2000 as Range<UInt64> {
                                let user = thread << 32 | task
                                #expect(try shared.take(shared.put(user: user)).result.user == user)
                            }
                        } catch {
                            Issue.record(error)
                        }
                        group.leave()
                    }
                    group.enter()
                }
                #expect(group.isLeft(within: 60))
                #expect(try client.finish().tasks.ok == 8000)
            }
        }
    }
}
