import CLinux
import CPar
import Catalogue
import Glibc
import Ledger
import Linux
import Testing

@testable import Workloads

/// A job that no pool runs: its tasks are done by the test itself.
private func job(_ name: String, _ given: [String: String]) throws -> (Arena, Job) {
    let arena = try Arena(slotCount: 1, jobBytes: 1 << 16)
    let definition = try #require(Catalogue.definition(named: name))
    let plan = JobPlan(job: 9, tasks: 4, workload: 0, crew: 1, cpuInterval: 0, rings: false)
    let job = arena.job(at: arena.jobsOffset)
    job.prepare(plan, arguments: try ArgumentBlock(Arguments(given, for: definition)))
    return (arena, job)
}

@Suite("The cpu workload")
struct CPUTests {
    @Test("returns the sum of the numbers below N", arguments: [0, 1, 2, 3, 1_000_001, 3_000_000])
    func sum(count: Int) throws {
        let (arena, job) = try job("cpu", ["iterations": "\(count)"])
        var cpu = CPU(JobArguments(of: job))
        let value = try cpu.run(TaskContext(task: 0, of: job))
        #expect(value == Int64(count) * Int64(count - 1) / 2)
        extendLifetime(arena)
    }

    @Test("takes time in proportion to N: the loop is not folded into a formula")
    func notFolded() {
        // The best of several rounds, so that what else the machine does hardly matters; a folded loop is off by 1000.
        func time(_ count: UInt64) -> UInt64 {
            (0..<5).map { _ in
                let start = ThreadCPU.now()
                _ = par_add_range(0, 0, count)
                return ThreadCPU.now() - start
            }.min() ?? 0
        }
        let ratio = Double(time(20_000_000)) / Double(time(200_000))
        #expect(ratio > 30 && ratio < 300)
    }

    @Test("stops when its job is cancelled")
    func cancelled() throws {
        let (arena, job) = try job("cpu", ["iterations": "1000000000000"])
        job.cancel()
        var cpu = CPU(JobArguments(of: job))
        #expect(throws: TaskFailure.cancelled) { try cpu.run(TaskContext(task: 0, of: job)) }
        extendLifetime(arena)
    }
}

@Suite("The io workload")
struct IOTests {
    /// An empty directory, removed afterwards; it must be empty then.
    private func inDirectory(_ body: (String) throws -> Void) throws {
        var template = Array("/tmp/par-test-XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { mkdtemp($0.baseAddress.unsafelyUnwrapped) != nil }
        #expect(made)
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        try body(path)
        #expect(rmdir(path) == 0)
    }

    @Test("writes, checks and removes a file of each size", arguments: ["0", "1", "65536", "65537", "3MiB"])
    func sizes(size: String) throws {
        try inDirectory { directory in
            let given = ["size": size, "read": "true", "fsync": "true", "dir": directory]
            let (arena, job) = try job("io", given)
            var io = IO(JobArguments(of: job))
            #expect(Int(try io.run(TaskContext(task: 3, of: job))) == Quantity.bytes(size))
            extendLifetime(arena)
        }
    }

    @Test("goes on where an attempt before it has left its file")
    func leftover() throws {
        try inDirectory { directory in
            let (arena, job) = try job("io", ["size": "10", "dir": directory])
            close(open("\(directory)/pard-io-\(getppid())-9-0", O_CREAT | O_WRONLY, 0o600))
            var io = IO(JobArguments(of: job))
            #expect(try io.run(TaskContext(task: 0, of: job)) == 10)
            extendLifetime(arena)
        }
    }

    @Test("writes one file in all tasks if told to, and removes it with the job's last workload")
    func sameFile() throws {
        try inDirectory { directory in
            let (arena, job) = try job("io", ["size": "70000", "same-file": "true", "dir": directory])
            do {
                var io = IO(JobArguments(of: job))
                for task in 0..<3 { #expect(try io.run(TaskContext(task: task, of: job)) == 70_000) }
                var status = stat()
                #expect(stat("\(directory)/pard-io-\(getppid())-9", &status) == 0)
                #expect(status.st_size == 70_000)
            }
            extendLifetime(arena)
        }
    }

    @Test("says what it was doing when the system said no")
    func failure() throws {
        try inDirectory { directory in
            let (arena, job) = try job("io", ["size": "10", "dir": directory + "/none"])
            var io = IO(JobArguments(of: job))
            #expect(throws: TaskFailure(IOFailure.create, .noSuchFileOrDirectory)) {
                try io.run(TaskContext(task: 0, of: job))
            }
            extendLifetime(arena)
        }
    }
}

@Suite("The sleep workload")
struct SleepTests {
    @Test("waits as long as it was told, and no longer than its job is wanted")
    func waits() throws {
        let (arena, job) = try prepared("20ms")
        var sleep = Sleep(JobArguments(of: job))
        let start = Monotonic.now()
        _ = try sleep.run(TaskContext(task: 0, of: job))
        #expect(Monotonic.now() - start >= 20_000_000)
        let (longArena, long) = try prepared("1h")
        var endless = Sleep(JobArguments(of: long))
        long.cancel()
        #expect(throws: TaskFailure.cancelled) { try endless.run(TaskContext(task: 0, of: long)) }
        extendLifetime(arena)
        extendLifetime(longArena)
    }

    private func prepared(_ duration: String) throws -> (Arena, Job) { try job("sleep", ["for": duration]) }
}

@Suite("A workload's code and its definition")
struct DefinitionAgreementTests {
    @Test("agree about every argument: all that a definition has arrives by name", arguments: Catalogue.all)
    func arguments(definition: Definition) throws {
        let arguments = try Arguments([:], for: definition)
        let (arena, job) = try job(definition.name, [:])
        let read = JobArguments(of: job)
        for (name, value) in arguments.values {
            switch value {
            case .number(let number): #expect(read.number(name) == Int64(number), "\(name)")
            case .text(let text): #expect(read.text(name) == text, "\(name)")
            }
        }
        extendLifetime(arena)
    }

    @Test("agree about what a command tells, column by column")
    func columns() {
        let words = Mirror(reflecting: CommandDetail()).children.compactMap(\.label)
        func snake(_ name: String) -> String {
            name.reduce(into: "") { $0 += $1.isUppercase ? "_" + $1.lowercased() : String($1) }
        }
        #expect(words.map(snake) == Definition.exec.detail.columns.map(\.key))
        #expect(MemoryLayout<CommandDetail>.size == 8 * words.count)
        let causes = Definition.exec.detail.columns.first { $0.key == "cause" }?.choices ?? []
        #expect(
            causes.indices.allSatisfy {
                CommandDetail.Cause(rawValue: Int64($0)).map { "\($0)" } ?? "" == causes[$0].ifEmpty("none")
            })
    }
}

extension String {
    fileprivate func ifEmpty(_ other: String) -> String { isEmpty ? other : self }
}
/// What a test's functions have been called with.
private nonisolated(unsafe) var calls = 0

@Suite("A function of a user's library")
struct NativeFunctionTests {
    private typealias Task = UnsafeMutablePointer<par_task>

    /// Runs a function for each of three inputs on one worker, as its loop does, and returns the records.
    private func run(
        retries: String = "1", limit: String = "1MiB", _ body: @escaping NativeFunction.Body
    ) throws -> [(failure: TaskFailure?, bytes: [UInt8])] {
        var plan = JobPlan(job: 9, tasks: 3, workload: 0, crew: 1, cpuInterval: 0, rings: false)
        let arguments = try ArgumentBlock(Arguments(["retries": retries, "result-limit": limit], for: .native))
        let inputs = TaskInputs(try InputBlock(Array("onetwo".utf8), lengths: [3, 3, 0]))
        plan.note(inputs)
        plan.heapBytes = 1 << 16
        plan.resultLimit = UInt64(try #require(Quantity.bytes(limit)))
        let arena = try Arena(slotCount: 1, jobBytes: plan.layout.byteCount)
        let job = arena.job(at: arena.jobsOffset)
        job.prepare(plan, arguments: arguments)
        try job.store(inputs)
        var function = try NativeFunction(body, state: nil, JobArguments(of: job), seat: 0)
        let view = JobView(job, plan: plan)
        return (0..<3).map { task in
            var record = TaskRecord()
            var failure: TaskFailure?
            job.record(task).pointee = record
            do throws(TaskFailure) {
                record.value = try function.run(TaskContext(task: task, of: job))
            } catch {
                failure = error
                record.value = job.record(task).pointee.value
            }
            record.status = failure == nil ? .ok : .failed
            return (failure, view.result(record).map(Array.init) ?? [])
        }
    }

    @Test("gets its task's number and input, and hands back bytes")
    func result() throws {
        let results = try run { task in
            guard let task else { return 1 }
            let number = [UInt8(ascii: "0") + UInt8(task.pointee.number)]
            guard par_write(task, number, 1) == 0 else { return 1 }
            return par_write(task, task.pointee.input, task.pointee.input_size)
        }
        #expect(results.map(\.failure) == [nil, nil, nil])
        #expect(results.map { String(decoding: $0.bytes, as: UTF8.self) } == ["0one", "1two", "2"])
    }

    @Test("fails with the code it returns, also one below 0, and with words where it has some")
    func failure() throws {
        let results = try run { task in
            guard let task else { return 0 }
            _ = par_write(task, "forgotten", 9)
            return task.pointee.number == 0 ? -5 : task.pointee.number == 1 ? par_fail(task, 7, "no way") : 100_000
        }
        #expect(
            results.map { $0.failure.map { Definition.native.text(ofFailure: $0.number, code: $0.code) } } == [
                "the function returned -5", "the function returned 7", "the function returned 32767",
            ])
        #expect(results.map { String(decoding: $0.bytes, as: UTF8.self) } == ["", "no way", ""])
    }

    @Test("fails where its result is too large, whatever it returns then")
    func tooLarge() throws {
        let results = try run(limit: "4") { task in
            guard let task else { return 1 }
            _ = par_resize(task, task.pointee.number == 1 ? 5 : 4)
            return 0
        }
        #expect(results.map(\.failure) == [nil, TaskFailure(NativeFailure.resultSize, code: 0), nil])
        #expect(results.map(\.bytes.count) == [4, 0, 4])
    }

    @Test("may say why it fails after it has written a result, and its next result is whole")
    func failureAfterResult() throws {
        let results = try run { task in
            guard let task else { return 1 }
            _ = par_resize(task, 3000)
            if task.pointee.number == 0 { return par_fail(task, 2, "no way") }
            return par_resize(task, 2) != nil && par_write(task, "ab", 2) == 0 ? 0 : 1
        }
        #expect(results.map(\.failure) == [TaskFailure(returned: 2), nil, nil])
        #expect(results[0].bytes == Array("no way".utf8))
        #expect(results.dropFirst().allSatisfy { $0.bytes.count == 4 && $0.bytes.suffix(2) == Array("ab".utf8)[...] })
    }

    @Test("whose result is longer than its room by what it has written there itself gets no more than its room")
    func wildSize() throws {
        let results = try run { task in
            guard let task else { return 1 }
            if task.pointee.number != 1 { return par_write(task, "x", 1) }
            task.pointee.result_size = .max
            return 0
        }
        #expect(results.map(\.failure) == [nil, nil, nil])
        #expect(results[1].bytes.count < 1 << 16)
        #expect(results[0].bytes == Array("x".utf8) && results[2].bytes == Array("x".utf8))
    }

    @Test("is called again as often as it may be, until it returns 0")
    func retries() throws {
        calls = 0
        let results = try run(retries: "3") { task in
            calls += 1
            guard let task else { return 1 }
            if task.pointee.number == 1 { return par_fail(task, 1, "never") }
            return calls < 3 ? 1 : par_write(task, "x", 1)
        }
        #expect(calls == 3 + 3 + 1)
        #expect(results.map(\.failure) == [nil, TaskFailure(returned: 1), nil])
    }
}
