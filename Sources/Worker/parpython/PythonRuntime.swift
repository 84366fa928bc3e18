import Bytes
import CPython
import Catalogue
import Glibc
import Ledger
import Linux
import Synchronization
import Workers
import Workloads

/// The runtime of workers that are processes and threads of a user's own Python interpreter.
///
/// Who runs code of Python's holds the GIL, where there is one. A worker has it for as long as it is at a job, as a program of
/// Python's would, and lets it go in every wait.
final class PythonRuntime: RuntimeSupport {
    // Set by the first thread before there is another.
    nonisolated(unsafe) static var helper: UnsafeMutableRawPointer?

    /// Whether this worker is all of its process.
    private let isAlone: Bool
    /// What the thread is at, for those who interrupt it.
    private let place = UnsafeMutableRawPointer.allocate(byteCount: par_python_worker_size(), alignment: 16)

    /// Tasks that it has done.
    private var done: UInt64 = 0
    /// The most memory of its own that it may have until another takes its place, in pages; 0 for no bound.
    private let maximumPages: UInt64
    private(set) var isSpent = false
    private(set) var hasToGo = false
    /// What does the tasks of the package `pard`, see `parcalls.py`.
    private static let leaseFunction = "parcalls:call"

    static func prepare(_ arguments: [String]) throws(RuntimeFault) {}

    /// Called on the worker's own thread.
    init() {
        isAlone = ThisProcess.tid == ThisProcess.pid
        let growth = isAlone ? ZygoteProgram.growthBytes : 0
        maximumPages = growth == 0 ? 0 : par_python_pages() + growth / UInt64(sysconf(Int32(_SC_PAGESIZE)))
        if !isAlone { par_python_enter() }
        // Where it can't be interrupted, the daemon ends it after a while.
        _ = par_python_expect(isAlone ? 1 : 0, place)
        // What goes wrong here shows in the first task that needs it.
        Self.call("begin_worker", [isAlone ? "process" : "thread"])
    }

    deinit {
        Self.call("end_worker", [isAlone ? "process" : "thread"])
        par_python_forget()
        place.deallocate()
        if !isAlone { par_python_leave() }
    }

    static func fork() throws(SystemError) -> Int32 {
        let pid = par_python_fork()
        if pid < 0 { throw SystemError("fork", .init(rawValue: -pid)) }
        return pid
    }

    static func beginWaiting() { par_python_release() }
    static func endWaiting() { par_python_take() }

    /// The interpreter, what it runs, and this library.
    static var launcherWords: Int { 4 }

    func work(_ workload: String, _ loop: consuming TaskLoop, _ arguments: JobArguments) {
        guard workload == Definition.python.name else { return }
        do throws(TaskFailure) {
            let call: PythonCall
            do {
                call = try PythonCall(arguments, seat: loop.seatNumber, isAlone: isAlone)
            } catch {
                defer { Self.call("end_job", []) }
                return loop.call(
                    try NativeFunction(
                        Self.refuse, state: error.place, arguments, seat: loop.seatNumber, isTimed: false))
            }
            let most = UInt64(clamping: arguments.number("max-tasks-per-worker"))
            call.place.pointee.most_pages = maximumPages
            loop.leaves(when: call.isFull)
            if most > 0, isAlone { loop.limit(to: most > done ? most - done : 0) }
            let before = ThisProcess.delayNanoseconds
            let seat = loop.slotOfWorker
            defer {
                let isAsNew = call.end()
                seat.delayed.pointee = ThisProcess.delayNanoseconds &- before
                done += seat.done.pointee.load(ordering: .relaxed)
                isSpent = isAlone && (most > 0 && done >= most || call.isFull.pointee != 0)
                hasToGo = isAlone && !isAsNew
            }
            if arguments.text("function") == Self.leaseFunction {
                return loop.call(
                    try NativeFunction(
                        par_python_lease_task, state: call.place, arguments, seat: loop.seatNumber, isTimed: false))
            }
            let function = try NativeFunction(
                par_python_task, state: call.place, arguments, seat: loop.seatNumber, isTimed: false)
            guard let printed = call.place.pointee.printed else { return loop.call(function) }
            loop.notes(where: call.hasSpoken)
            loop.call(PrintingFunction(function) { (printed.pointee.output_end, printed.pointee.errors_end) })
        } catch {
            loop.run(Unfit(failure: error))
        }
    }

    /// Does once, in the zygote, what each worker does before its first task: what Swift's runtime has to find out for it is in
    /// memory then that all of them share.
    static func rehearse() {
        call("rehearse", ["process", "a word"])
    }

    /// Fails a task for what keeps all of them from being done.
    private static let refuse: NativeFunction.Body = { task in
        guard let task, let text = task.pointee.state?.assumingMemoryBound(to: CChar.self) else { return 1 }
        return par_fail(task, Int32(PythonFailure.function.rawValue), text)
    }

    /// Has the Python side do something that hands back nothing.
    private static func call(_ name: String, _ words: [String]) {
        guard let helper else { return }
        do {
            par_python_drop(try PythonCall.call(helper, name, words))
        } catch {
            let line = Array("pard: a worker of Python: \(String(cString: error.place))\n".utf8)
            _ = write(STDERR_FILENO, line, line.count)
        }
    }
}

/// What one worker has ready for the tasks of a job.
final class PythonCall {
    let place: UnsafeMutablePointer<par_python_job>
    /// Where the job is, for who ends a task from a signal handler.
    private let ledger: UnsafeMutablePointer<JobArguments>
    /// What tasks print; nil where nobody wants it.
    private let printed: PrintedFiles?

    /// Not 0 once the process has grown by more than it may.
    var isFull: UnsafePointer<UInt8> {
        let byte = UnsafeRawPointer(place) + (MemoryLayout<par_python_job>.offset(of: \.is_full) ?? 0)
        return byte.assumingMemoryBound(to: UInt8.self)
    }

    /// Whether the task at hand has printed something.
    var hasSpoken: UnsafePointer<UInt8>? { printed?.hasSpoken }

    /// What the Python side has raised, as a C string.
    final class Raised: Error, @unchecked Sendable {
        // Never written to again.
        let place: UnsafeMutablePointer<CChar>
        private static let limit = 1 << 16

        init(_ body: (UnsafeMutablePointer<CChar>, Int) -> Void) {
            // As a rule nothing is written there, and no page of it is touched but the first.
            place = .allocate(capacity: Self.limit)
            place.pointee = 0
            body(place, Self.limit)
        }

        deinit { place.deallocate() }
    }

    /// Gets this worker ready: where and with which variables the job runs, and its function.
    init(_ arguments: JobArguments, seat: Int, isAlone: Bool) throws(Raised) {
        place = .allocate(capacity: 1)
        place.initialize(to: par_python_job())
        ledger = .allocate(capacity: 1)
        ledger.initialize(to: arguments)
        let shared = Array(arguments.shared).map { String(cBytes: $0) }
        printed =
            arguments.logs
            ? PrintedFiles(in: shared.first ?? "/", job: arguments.job, seat: seat, seesAll: isAlone) : nil
        guard let helper = PythonRuntime.helper else { throw Raised { _, _ in } }
        let given = PythonSettings.hasInputs(arguments)
        let results = arguments.number("results") == 1 ? "pickle" : "json"
        let own = [arguments.text("function"), arguments.flag("json-items") ? "json" : "text", results]
        let files = printed?.words ?? ["-1", "-1", "0"]
        let made = try Self.call(helper, "begin_job", own + files + shared.dropFirst())
        defer { par_python_drop(made) }
        place.pointee = par_python_job(
            function: par_python_item(made, 0), decode: par_python_item(made, 1), encode: par_python_item(made, 2),
            explain: par_python_item(made, 3), has_input: given ? 1 : 0, is_json: results == "json" ? 1 : 0,
            printed: printed?.place, timeout_ns: UInt64(clamping: arguments.number("timeout")),
            grace_ns: PythonSettings.grace(arguments), expire: Self.expire, ledger: UnsafeMutableRawPointer(ledger),
            most_pages: 0, measured_at: 0, is_full: 0)
        printed?.place.pointee.flush = par_python_item(made, 4)
    }

    /// Notes that a task took too long, while its worker's code stands still: it writes where nobody else does, and does no more.
    private static let expire: @convention(c) (UnsafeMutableRawPointer?, UInt64) -> Void = { ledger, task in
        guard let ledger else { return }
        ledger.assumingMemoryBound(to: JobArguments.self).pointee.giveUp(
            Int(truncatingIfNeeded: task), TaskFailure(PythonFailure.timeout, code: 0), at: Monotonic.now())
    }

    /// Has what was printed written, and puts the worker's own outputs back.
    ///
    /// - Returns: whether the worker is as it was before the job.
    func end() -> Bool {
        guard let helper = PythonRuntime.helper else { return true }
        do {
            let isAsNew = try Self.call(helper, "end_job", [])
            defer { par_python_drop(isAsNew) }
            return par_python_is_false(isAsNew) == 0
        } catch {
            // It has been told of by the task that it goes back to.
            return false
        }
    }

    deinit {
        let job = place.pointee
        for object in [job.function, job.decode, job.encode, job.explain] { par_python_drop(object) }
        place.deallocate()
        ledger.deinitialize(count: 1)
        ledger.deallocate()
    }

    /// Calls a method of the Python side with a list of texts.
    ///
    /// - Returns: what it returned, to be dropped.
    static func call(
        _ object: UnsafeMutableRawPointer, _ name: String, _ words: [String]
    ) throws(Raised) -> UnsafeMutableRawPointer {
        var result: UnsafeMutableRawPointer?
        let raised = Raised { error, size in
            withCStrings(words) { texts in
                texts.withMemoryRebound(to: UnsafePointer<CChar>?.self, capacity: words.count) { texts in
                    result = par_python_call(object, name, texts, words.count, error, size)
                }
            }
        }
        guard let result else { throw raised }
        return result
    }
}

/// The two files into which a worker's tasks print, one after the other.
final class PrintedFiles {
    let place = UnsafeMutablePointer<par_python_printed>.allocate(capacity: 1)

    /// - Parameter seesAll: whether all that this process writes is this worker's.
    /// - Returns: nil where the files can't be made: what is printed is lost then.
    init?(in directory: String, job: UInt64, seat: Int, seesAll: Bool) {
        func open(_ stream: OutputFile.Stream) -> Int32 {
            let path = OutputFile.path(in: directory, job: job, seat: seat, stream)
            return Glibc.open(path.cBytes, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0o600)
        }
        let (output, errors) = (open(.output), open(.errors))
        var printed = par_python_printed()
        (printed.output, printed.errors, printed.sees_all) = (output, errors, seesAll ? 1 : 0)
        // A worker that takes the place of one that has died goes on behind what that one has written.
        printed.output_end = UInt64(max(0, lseek(output, 0, SEEK_END)))
        printed.errors_end = UInt64(max(0, lseek(errors, 0, SEEK_END)))
        place.initialize(to: printed)
        if output < 0 || errors < 0 { return nil }
    }

    /// Not 0 where the task that has just ended has printed something.
    var hasSpoken: UnsafePointer<UInt8> {
        let byte = UnsafeRawPointer(place) + (MemoryLayout<par_python_printed>.offset(of: \.has_spoken) ?? 0)
        return byte.assumingMemoryBound(to: UInt8.self)
    }

    /// As the Python side takes them: the descriptors, and the address of the byte that says that there is something to write.
    var words: [String] {
        let byte = UnsafeMutableRawPointer(place) + (MemoryLayout<par_python_printed>.offset(of: \.is_written) ?? 0)
        return [String(place.pointee.output), String(place.pointee.errors), String(UInt(bitPattern: byte))]
    }

    deinit {
        for file in [place.pointee.output, place.pointee.errors] where file >= 0 { close(file) }
        par_python_drop(place.pointee.flush)
        place.deallocate()
    }
}
