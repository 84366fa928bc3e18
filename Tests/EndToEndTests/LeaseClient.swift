import CLease
import Control
import Foundation
import Linux
import Synchronization
import Testing

/// A lease of the C library's, as a test uses it.
final class LeaseClient {
    private let lease: OpaquePointer

    /// What the daemon says where there is no lease.
    struct Refusal: Error { let text: String }

    init(
        _ daemon: Daemon, _ workload: String, _ arguments: [String] = [], processes: UInt32 = 0, threads: UInt32 = 0,
        tasks: UInt32 = 0, inputBytes: UInt64 = 0, resultBytes: UInt64 = 0, attempts: UInt32 = 0,
        directory: String? = nil, environment: [String]? = nil, version: Int32 = PAR_LEASE_VERSION
    ) throws {
        var options = par_lease_options()
        options.version = UInt32(version)
        options.processes = processes
        options.threads = threads
        options.tasks = tasks
        options.input_bytes = inputBytes
        options.result_bytes = resultBytes
        options.attempts = attempts
        var opened: OpaquePointer?
        var error = [CChar](repeating: 0, count: 1024)
        let words = arguments.map { strdup($0) } + [nil]
        let variables = (environment ?? []).map { strdup($0) } + [nil]
        let place = directory.flatMap { strdup($0) }
        defer { for word in words + variables + [place] { free(word) } }
        let list = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: variables.count)
        defer { list.deallocate() }
        for (index, variable) in variables.enumerated() { list[index] = variable.map { UnsafePointer($0) } }
        options.directory = place.map { UnsafePointer($0) }
        options.environment = environment.map { _ in UnsafePointer(list) }
        let code = daemon.socket.withCString { socket in
            workload.withCString { name in
                words.map { UnsafePointer($0) }.withUnsafeBufferPointer { list in
                    options.socket = socket
                    options.workload = name
                    options.arguments = list.baseAddress
                    return par_lease_open(&options, &opened, &error, error.count)
                }
            }
        }
        let text = String(decoding: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        guard code == 0, let opened else { throw Refusal(text: text) }
        lease = opened
    }

    deinit { par_lease_close(lease) }

    @discardableResult
    func put(_ input: [UInt8] = [], user: UInt64 = 0) throws -> UInt64 {
        var id: UInt64 = 0
        try #require(par_lease_put(lease, input, input.count, user, &id) == 0)
        return id
    }

    func tryPut(_ input: [UInt8] = []) -> Int32 { par_lease_put(lease, input, input.count, 0, nil) }

    /// A task's result, and its bytes.
    func wait(_ id: UInt64, seconds: Double = 20) throws -> (result: par_result, bytes: [UInt8]) {
        var result = par_result()
        let code = par_lease_wait(lease, id, &result, Int64(seconds * 1e9))
        try #require(code == 0, "waiting: \(code)")
        let bytes = UnsafeRawBufferPointer(start: result.bytes, count: result.size)
        return (result, Array(bytes))
    }

    /// The same, after which the task is let go.
    func take(_ id: UInt64) throws -> (result: par_result, bytes: [UInt8]) {
        defer { release(id) }
        return try wait(id)
    }

    func code(ofWaitingFor id: UInt64, seconds: Double = 5) -> Int32 {
        var result = par_result()
        return par_lease_wait(lease, id, &result, Int64(seconds * 1e9))
    }

    func takeAny(atLeast least: Int, room: Int = 64) -> [par_result] {
        var results = [par_result](repeating: par_result(), count: room)
        let count = par_lease_take(lease, &results, room, least, 20_000_000_000)
        return Array(results.prefix(max(0, count)))
    }

    /// How many have ended that nobody was told of, waiting for so many; or why there are none.
    func count(ofTakingAtLeast least: Int, seconds: Double) -> Int {
        var results = [par_result](repeating: par_result(), count: 64)
        return par_lease_take(lease, &results, results.count, least, Int64(seconds * 1e9))
    }

    /// Whether there is room for the input of another task, which is not handed in.
    func reserves(_ size: UInt) -> Bool {
        var id: UInt64 = 0
        return par_lease_reserve(lease, Int(bitPattern: size), &id) != nil
    }

    func release(_ id: UInt64) { par_lease_release(lease, id) }
    func cancel(_ id: UInt64) -> Int32 { par_lease_cancel(lease, id) }
    func begun(_ id: UInt64) -> Int32 { par_lease_begun(lease, id) }
    var losses: UInt64 { par_lease_losses(lease) }
    var isOver: Bool { par_lease_is_over(lease) != 0 }
    var pending: Int { par_lease_pending(lease) }

    /// Ends the lease and reads its receipt.
    func finish() throws -> Receipt {
        try JSONDecoder().decode(Receipt.self, from: Data(lastWords().utf8))
    }

    /// Ends the lease and reads what the daemon says last.
    func lastWords() throws -> String { try #require(lastWords(within: 20)) }

    /// The same; nil where it has not said it within the time.
    func lastWords(within seconds: Double) -> String? {
        var text = [UInt8](repeating: 0, count: 1 << 16)
        var size = 0
        let code = text.withUnsafeMutableBytes {
            par_lease_finish(
                lease, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, &size, Int64(seconds * 1e9))
        }
        return code == 0 ? String(decoding: text.prefix(size), as: UTF8.self) : nil
    }
}

/// A call that waits, on a thread of its own.
final class WaitingCall: Sendable {
    private let thread = Atomic<Int32>(0)
    private let answer = Mutex<Int?>(nil)
    private let isOver = DispatchGroup()

    /// Begins it, and returns once it sleeps.
    init(_ call: @escaping @Sendable () -> Int) throws {
        isOver.enter()
        Thread.detachNewThread { [self] in
            thread.store(ThisProcess.tid, ordering: .releasing)
            let value = call()
            answer.withLock { $0 = value }
            isOver.leave()
        }
        let isAsleep = eventually {
            let tid = thread.load(ordering: .acquiring)
            return tid != 0 && Processes.isAsleep(Int(tid))
        }
        try #require(isAsleep)
    }

    /// What it came to.
    var value: Int? { isOver.isLeft(within: 30) ? answer.withLock { $0 } : nil }
}
