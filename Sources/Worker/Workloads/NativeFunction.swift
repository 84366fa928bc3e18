public import CPar
public import Catalogue
import Glibc
import Ledger
import Linux

/// Calls a function of a user's own library for each task, see `par.h`.
public struct NativeFunction: Workload {
    /// What it is about to call, and what a worker has ready for it.
    public typealias Body = @convention(c) (UnsafeMutablePointer<par_task>?) -> Int32

    @usableFromInline let body: Body
    @usableFromInline let inputs: InputBytes
    private let tries: Int64
    private let job: Job
    private let call: NativeCall
    /// The call's own, which keeps both.
    @usableFromInline let place: UnsafeMutablePointer<NativeCall.Place>
    private let watch: CallWatch?
    /// Whether there is one.
    @usableFromInline let isTimed: Bool

    /// What the daemon adds to the options, by a name that none of them has.
    private static let grace = "pard.grace"

    /// - Parameters:
    ///   - state: what the function's set-up has left on this worker.
    ///   - seat: the worker's number in the job's crew.
    ///   - isTimed: whether the job's timeout is seen to here, rather than by the function.
    public init(
        _ body: @escaping Body, state: UnsafeMutableRawPointer?, _ arguments: JobArguments, seat: Int,
        isTimed: Bool = true
    ) throws(TaskFailure) {
        self.body = body
        inputs = arguments.inputBytes
        job = arguments.place
        tries = arguments.number("retries")
        do {
            call = try NativeCall(
                state: state, arguments, limit: isTimed ? UInt64(clamping: arguments.number("timeout")) : 0,
                grace: UInt64(clamping: arguments.number(Self.grace)))
        } catch {
            throw TaskFailure(NativeFailure.watch, error.errno)
        }
        place = call.place
        watch = call.watch
        self.isTimed = watch != nil
        place.pointee.task.worker = UInt32(truncatingIfNeeded: seat)
    }

    /// Adds what the options don't say to a job's arguments.
    ///
    /// - Parameter grace: nanoseconds from a call's timeout until its process is killed.
    public static func add(grace: UInt64, to block: inout ArgumentBlock) throws(ArgumentBlock.Full) {
        try block.add(Self.grace, Int64(clamping: grace))
    }

    /// The way of a call that ends well is compiled into the task loop: it makes no context, and copies nothing of this.
    ///
    /// - Returns: where the result stands, see ``ResultSpan``.
    @inlinable @inline(__always)
    public mutating func run(_ task: TaskContext) throws(TaskFailure) -> Int64 {
        place.pointee.task.number = UInt64(task.task)
        let input = inputs[task.task]
        place.pointee.task.input = input.baseAddress
        place.pointee.task.input_size = input.count
        let code = try once(task.task)
        if code == 0, place.pointee.results.fault == nil { return place.pointee.finish().value }
        return try again(code, task.task)
    }

    /// Calls the function once and returns its code.
    @inlinable @inline(__always)
    mutating func once(_ number: Int) throws(TaskFailure) -> Int32 {
        place.pointee.begin()
        return isTimed ? try timed(number) : body(&place.pointee.task)
    }

    /// Calls the function, which has to end in time.
    @usableFromInline
    mutating func timed(_ number: Int) throws(TaskFailure) -> Int32 {
        guard let watch else { return body(&place.pointee.task) }
        watch.begin(number)
        let code = body(&place.pointee.task)
        // Whatever it has returned, and however often it might be called: its time is over.
        if watch.end() { throw late(context(of: number)) }
        return code
    }

    /// Made anew where it is needed: for most calls it isn't.
    private func context(of number: Int) -> TaskContext { TaskContext(task: number, of: job) }

    private func late(_ task: TaskContext) -> TaskFailure {
        // Words that it has found for it say less than that.
        place.pointee.dropAll()
        if task.isCancelled { return .cancelled }
        task.keep(.none)
        return TaskFailure(NativeFailure.timeout, code: 0)
    }

    /// Calls the function for as long as it fails and may be called once more.
    @usableFromInline @inline(never)
    mutating func again(_ code: Int32, _ number: Int) throws(TaskFailure) -> Int64 {
        let task = context(of: number)
        var code = code
        var left = tries - 1
        while left > 0, !task.isCancelled {
            code = try once(number)
            if code == 0, place.pointee.results.fault == nil { return place.pointee.finish().value }
            left -= 1
        }
        throw end(code, task)
    }

    /// Keeps the words of a call that has failed, and says why it has.
    private func end(_ code: Int32, _ task: TaskContext) -> TaskFailure {
        let fault = place.pointee.results.fault
        let span = place.pointee.finishFailure()
        if fault == nil, task.isCancelled { return .cancelled }
        task.keep(fault == nil ? span : .none)
        switch fault {
        case .tooLarge: return TaskFailure(NativeFailure.resultSize, code: 0)
        case .full: return TaskFailure(NativeFailure.results, code: 0)
        case nil: return TaskFailure(returned: code)
        }
    }
}

extension TaskFailure {
    /// What a function of a library returned, as far as 16 bits hold it.
    public init(_ kind: NativeFailure = .function, returned code: Int32) {
        self.init(kind, code: Int32(Int16(clamping: code)))
    }
}

/// What one worker's calls of a function share, at an address that C keeps.
@usableFromInline final class NativeCall {
    @usableFromInline struct Place {
        @usableFromInline var task: par_task
        @usableFromInline var results: ResultWriter
        /// Whether the result at hand is the text of a failure. The task shows no room for it, so that it stays as it is.
        @usableFromInline var isFailure = false

        @inlinable @inline(__always)
        mutating func begin() {
            if isFailure || results.fault != nil || results.hasPlaces {
                isFailure = false
                results.begin()
                show()
            }
            task.result_size = 0
        }

        /// Shows the function where its result is and how long it may get there.
        @usableFromInline mutating func show() {
            let room = results.room
            task.result = room.baseAddress
            task.result_room = isFailure ? 0 : room.count
            task.result_size = isFailure ? 0 : results.byteCount
        }

        /// Takes in how long the function has made its result by itself.
        @inlinable @inline(__always)
        mutating func takeSize() {
            if !isFailure { results.note(byteCount: task.result_size) }
        }

        @inlinable @inline(__always)
        mutating func finish() -> ResultSpan {
            // A function that has said why it fails, and then returns that it hasn't.
            if isFailure { return drop() }
            if task.result_size == 0 { return .none }
            takeSize()
            return close()
        }

        mutating func finishFailure() -> ResultSpan { isFailure ? close() : drop() }

        @usableFromInline mutating func close() -> ResultSpan {
            let span = results.finish()
            isFailure = false
            show()
            return span
        }

        /// Forgets result and words.
        mutating func dropAll() {
            results.begin()
            _ = close()
        }

        @usableFromInline mutating func drop() -> ResultSpan {
            results.begin()
            return close()
        }
    }

    let place = UnsafeMutablePointer<Place>.allocate(capacity: 1)

    /// Sees to the calls' timeout; nil where they have none.
    let watch: CallWatch?

    /// - Parameter limit: nanoseconds that a call may take; 0 for no limit.
    init(
        state: UnsafeMutableRawPointer?, _ arguments: JobArguments, limit: UInt64, grace: UInt64
    ) throws(SystemError) {
        watch = limit == 0 ? nil : try CallWatch(limit: limit, grace: grace, of: arguments.place)
        var task = par_task()
        task.version = UInt32(PAR_VERSION)
        task.state = state
        let cancelled = UnsafeRawPointer(arguments.cancellation).assumingMemoryBound(to: UInt32.self)
        task.cancelled = cancelled
        task.expired = watch?.flag ?? cancelled
        task.resize = Self.resize
        task.write = Self.write
        task.fail = Self.fail
        task.internal = UnsafeMutableRawPointer(place)
        place.initialize(to: Place(task: task, results: arguments.results))
        place.pointee.show()
    }

    deinit {
        watch?.finish()
        place.deinitialize(count: 1)
        place.deallocate()
    }

    // MARK: Called by the function

    private static func place(of task: UnsafeMutablePointer<par_task>?) -> UnsafeMutablePointer<Place>? {
        task?.pointee.internal?.assumingMemoryBound(to: Place.self)
    }

    private static let resize: @convention(c) (UnsafeMutablePointer<par_task>?, Int) -> UnsafeMutableRawPointer? = {
        task, size in
        guard let place = place(of: task), !place.pointee.isFailure, size >= 0 else { return nil }
        place.pointee.takeSize()
        let start = place.pointee.results.resize(to: size)
        place.pointee.show()
        return start
    }

    private static let write: @convention(c) (UnsafeMutablePointer<par_task>?, UnsafeRawPointer?, Int) -> Int32 = {
        task, bytes, size in
        guard let place = place(of: task), !place.pointee.isFailure else { return -1 }
        place.pointee.takeSize()
        let isIn = place.pointee.results.append(UnsafeRawBufferPointer(start: bytes, count: size))
        place.pointee.show()
        return isIn ? 0 : -1
    }

    private static let fail: @convention(c) (UnsafeMutablePointer<par_task>?, UnsafePointer<CChar>?, Int) -> Void = {
        task, text, size in
        guard let place = place(of: task), place.pointee.results.fault == nil else { return }
        place.pointee.isFailure = true
        place.pointee.results.begin()
        // Where there is no room for the words, the code is all there is to tell.
        if !place.pointee.results.append(UnsafeRawBufferPointer(start: text, count: size)) {
            place.pointee.results.begin()
        }
        place.pointee.show()
    }
}
