import CStream
import Testing

@testable import Ledger

/// A stream in memory of a test's own, in which the test is client, workers and daemon.
final class TestStream {
    let raw: UnsafeMutablePointer<par_stream>
    private let memory: UnsafeMutableRawPointer
    let byteCount: Int
    private var put: UInt64 = 0

    init(slots: UInt32 = 64, seats: UInt32 = 4, blocks: UInt32 = 16) {
        let shape = par_stream_shape(slots: slots, seats: seats, input_blocks: blocks, result_blocks: blocks)
        byteCount = Int(par_stream_lay_out(shape).size)
        memory = .allocate(byteCount: byteCount, alignment: 4096)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
        raw = .allocate(capacity: 1)
        raw.initialize(to: par_stream_at(memory, shape))
    }

    deinit {
        raw.deallocate()
        memory.deallocate()
    }

    var bytes: UnsafeMutableRawBufferPointer { UnsafeMutableRawBufferPointer(start: memory, count: byteCount) }
    var head: UnsafeMutablePointer<par_stream_head> { par_stream_head_of(raw) }

    /// Puts a task into a slot, as its `use`th.
    @discardableResult
    func put(slot: UInt64, use: UInt64 = 1) -> UInt64 {
        let id = use << UInt64(raw.pointee.slot_bits) | slot
        let entry = par_stream_entry_of(raw, id)
        entry?.pointee.id = id
        entry?.pointee.claim = par_stream_use(raw, id)
        par_stream_place(raw, put)?.pointee = id
        put += 1
        head.pointee.tail = put
        return id
    }

    func claim(_ pid: UInt32, atMost most: Int = 64) -> [UInt64] {
        var ids = [UInt64](repeating: 0, count: most)
        let count = par_stream_claim(raw, pid, &ids, UInt32(most))
        return Array(ids.prefix(Int(count)))
    }

    /// Its worker has begun a task, or has ended it.
    func stamp(_ id: UInt64, _ status: TaskRecord.Status, pid: UInt32) {
        var record = TaskRecord(generation: id + 1, deaths: record(id).deaths)
        record.pid = pid
        record.start = 10
        record.status = status
        UnsafeMutableRawPointer(par_stream_record_of(raw, id)).storeBytes(of: record, as: TaskRecord.self)
    }

    func record(_ id: UInt64) -> TaskRecord {
        UnsafeRawPointer(par_stream_record_of(raw, id)).load(as: TaskRecord.self)
    }

    func hasEnded(_ id: UInt64) -> Bool { par_stream_has_ended(raw, id) != 0 }

    func die(_ pid: UInt32, attempts: UInt32 = 1) -> par_settled {
        par_stream_settle_death(raw, pid, attempts, 7, 100)
    }
}

@Suite("A stream")
struct StreamTests {
    @Test("gives each task to one worker, in the order in which they were put")
    func order() {
        let stream = TestStream()
        let ids = (0..<10).map { stream.put(slot: UInt64($0)) }
        #expect(stream.claim(1, atMost: 3) == Array(ids[0..<3]))
        #expect(stream.claim(2, atMost: 64) == Array(ids[3...]))
        #expect(stream.claim(1) == [])
        #expect(par_stream_has_work(stream.raw) == 0)
    }

    @Test("takes tasks in any slot, so that one that takes long holds up none")
    func slots() {
        let stream = TestStream()
        let long = stream.put(slot: 5)
        #expect(stream.claim(1) == [long])
        for use in UInt64(1)...1000 {
            let id = stream.put(slot: 6, use: use)
            #expect(stream.claim(2) == [id])
            stream.stamp(id, .ok, pid: 2)
            #expect(stream.hasEnded(id))
        }
        #expect(!stream.hasEnded(long))
    }

    @Test("passes a task over that its client has taken back")
    func cancelled() {
        let stream = TestStream()
        let ids = (0..<3).map { stream.put(slot: UInt64($0)) }
        par_stream_entry_of(stream.raw, ids[1])?.pointee.claim |= UInt64(UInt32.max)
        #expect(stream.claim(1) == [ids[0]])
        #expect(stream.claim(1) == [ids[2]])
        #expect(stream.claim(1) == [])
    }

    @Test("hands out again what a dead worker has claimed and not begun, wherever it died")
    func unbegun() {
        let stream = TestStream()
        let ids = (0..<4).map { stream.put(slot: UInt64($0)) }
        #expect(stream.claim(1) == ids)
        stream.stamp(ids[0], .ok, pid: 1)
        let settled = stream.die(1)
        #expect(settled.untouched == 3 && settled.lost == 0 && settled.rerun == 0)
        #expect(stream.hasEnded(ids[0]))
        #expect(stream.claim(2) == Array(ids[1...]))
        #expect(stream.claim(3) == [])
    }

    @Test("loses what a dead worker has begun, or hands it out again for as long as it is to be tried")
    func begun() {
        let stream = TestStream()
        let id = stream.put(slot: 9)
        for pid in UInt32(1)...2 {
            #expect(stream.claim(pid) == [id])
            stream.stamp(id, .running, pid: pid)
            let settled = stream.die(pid, attempts: 3)
            #expect(settled.rerun == 1 && settled.lost == 0 && settled.nanoseconds == 90)
            #expect(stream.record(id).deaths == UInt8(pid))
            #expect(!stream.hasEnded(id))
        }
        #expect(stream.claim(3) == [id])
        stream.stamp(id, .running, pid: 3)
        #expect(stream.die(3, attempts: 3).lost == 1)
        #expect(stream.hasEnded(id))
        #expect(stream.record(id).status == .lost && stream.record(id).failure == 7 && stream.record(id).stop == 100)
    }

    @Test("finds tasks again that one worker was handing itself when it died, too")
    func deathWhileClaimingAgain() {
        let stream = TestStream()
        let ids = (0..<2).map { stream.put(slot: UInt64($0)) }
        #expect(stream.claim(1) == ids)
        _ = stream.die(1)
        // The second one takes the word for itself, claims one and dies.
        stream.head.pointee.again = 0
        #expect(par_stream_claim_one(stream.raw, ids[0], 2) != 0)
        #expect(stream.die(2).untouched == 1)
        #expect(Set(stream.claim(3)) == Set(ids))
    }

    @Test("rings a client that sleeps once as many tasks have ended as it waits for, and once only")
    func bell() {
        let stream = TestStream()
        let ids = (0..<4).map { stream.put(slot: UInt64($0)) }
        #expect(par_stream_note_end(stream.raw, ids[0]) == 0)
        stream.head.pointee.awaited = 2
        stream.head.pointee.parked = 1
        #expect(par_stream_note_end(stream.raw, ids[1]) == 0)
        #expect(par_stream_note_end(stream.raw, ids[2]) == 1)
        #expect(par_stream_note_end(stream.raw, ids[3]) == 0)
    }

    @Test("wakes one sleeper for one task, none where a worker is awake for it, and nobody twice")
    func sleepers() {
        let stream = TestStream()
        _ = par_stream_lie_down(stream.raw, 1)
        _ = par_stream_lie_down(stream.raw, 3)
        #expect(par_stream_wants_another(stream.raw) == 0)
        stream.put(slot: 0)
        #expect(par_stream_wants_another(stream.raw) != 0)
        #expect(par_stream_spin_begin(stream.raw, 0) != 0)
        #expect(par_stream_wants_another(stream.raw) == 0)
        stream.put(slot: 1)
        #expect(par_stream_wants_another(stream.raw) != 0)
        #expect(par_stream_pick_sleeper(stream.raw) == par_stream_bell(stream.raw, 1))
        #expect(par_stream_pick_sleeper(stream.raw) == par_stream_bell(stream.raw, 3))
        #expect(par_stream_pick_sleeper(stream.raw) == nil)
        par_stream_leave_seat(stream.raw, 0)
        #expect(par_stream_spin_begin(stream.raw, 2) != 0)
    }

    @Test("takes blocks in a row, none twice, and gives up where there are not as many")
    func blocks() {
        var owners = [UInt32](repeating: 0, count: 10)
        #expect(par_blocks_take(&owners, 10, 4, 7, 8) == 0)
        #expect(par_blocks_take(&owners, 10, 4, 8, 2) == 4)
        #expect(par_blocks_take(&owners, 10, 3, 9, 0) == .max)
        #expect(owners == [7, 7, 7, 7, 8, 8, 8, 8, 0, 0])
        par_blocks_free(&owners, 10, 2, 2)
        #expect(par_blocks_take(&owners, 10, 2, 9, 5) == 8)
        #expect(par_blocks_take(&owners, 10, 2, 9, 9) == 2)
        #expect(par_blocks_take(&owners, 10, 1, 9, 3) == .max)
        #expect(par_blocks_take(&owners, 10, 11, 9, 0) == .max)
    }

    @Test("keeps a dead worker's results for the client, and frees what it was writing")
    func blocksOfTheDead() {
        let stream = TestStream()
        let id = stream.put(slot: 0)
        #expect(stream.claim(5) == [id])
        let owners = par_stream_owners(stream.raw)
        #expect(par_blocks_take(owners, 16, 3, 5, 0) == 0)
        #expect(par_blocks_take(owners, 16, 2, 5, 0) == 3)
        stream.stamp(id, .ok, pid: 5)
        let place = Int(stream.raw.pointee.at.results)
        par_stream_record_of(stream.raw, id).pointee.value = ResultSpan(offset: place, count: 3 * 4096).value
        _ = stream.die(5)
        #expect((0..<6).map { owners?[$0] != 0 } == [true, true, true, false, false, false])
        // Another process of the same number later.
        _ = stream.die(5)
        #expect(owners?[0] != 0)
    }

    @Test("cancels at its end all that has not ended, and nothing else")
    func end() {
        let stream = TestStream()
        let ids = (0..<4).map { stream.put(slot: UInt64($0)) }
        #expect(stream.claim(1, atMost: 2) == Array(ids[0..<2]))
        stream.stamp(ids[0], .ok, pid: 1)
        stream.stamp(ids[1], .running, pid: 1)
        #expect(par_stream_settle_all(stream.raw, 100) == 3)
        #expect(ids.map { stream.record($0).status } == [.ok, .cancelled, .cancelled, .cancelled])
        #expect(ids.allSatisfy { stream.hasEnded($0) })
        #expect(par_stream_settle_all(stream.raw, 100) == 0)
    }

    @Test("is harmless to who reads it, whatever is written there")
    func anything() {
        var random = SystemRandomNumberGenerator()
        let stream = TestStream()
        for round in 0..<200 {
            for index in 0..<(stream.byteCount / 8) {
                stream.bytes.storeBytes(of: random.next(), toByteOffset: 8 * index, as: UInt64.self)
            }
            if round % 2 == 0 {
                // Few enough to be believed.
                stream.head.pointee.tail = stream.head.pointee.next &+ 100
                stream.head.pointee.again = 1
            }
            for id in stream.claim(3) { #expect(id >> 63 == 0) }
            _ = par_stream_pick_sleeper(stream.raw)
            _ = stream.die(3, attempts: 2)
            _ = par_stream_settle_all(stream.raw, 5)
            var first: UInt32 = 0
            let blocks = par_stream_result_blocks(stream.raw, Int64.random(in: .min ... .max), &first)
            #expect(first + blocks <= 16)
            _ = par_blocks_take(par_stream_owners(stream.raw), 16, 3, 9, UInt32.random(in: 0...40))
        }
    }
}

@Suite("What a worker of a lease has done")
struct StreamTallyTests {
    @Test("is summed up with the shortest and longest, and how long tasks took to within a few percent")
    func sums() {
        let page = UnsafeMutableRawPointer.allocate(byteCount: StreamTally.byteCount, alignment: 4096)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 0, count: StreamTally.byteCount)
        let tally = StreamTally(base: page)
        var start: UInt64 = 1000
        for nanoseconds in [3, 100, 1000, 1_000_000, 5_000_000_000] as [UInt64] {
            tally.add(.ok, start: start, stop: start + nanoseconds, value: 7)
            start += nanoseconds
        }
        tally.add(.failed, start: start, stop: start + 50)
        tally.add(cpu: 70, tasks: 6)
        let reading = tally.reading(within: 0...100_000_000_000)
        #expect((reading.ok, reading.failed, reading.cancelled) == (5, 1, 0))
        #expect((reading.shortest, reading.longest) == (3, 5_000_000_000))
        #expect(reading.firstStart == 1000 && reading.lastStop == start + 50)
        #expect((reading.cpu, reading.cpuTasks, reading.value) == (70, 6, 35))
        #expect(tally.ended == 6)
        for (duration, exact) in zip(reading.durations, [3, 50, 100, 1000, 1_000_000, 5_000_000_000] as [UInt64]) {
            #expect(duration.count == 1)
            let difference = max(duration.nanoseconds, exact) - min(duration.nanoseconds, exact)
            #expect(difference * 32 <= exact, "\(duration.nanoseconds) for \(exact)")
        }
    }

    @Test("is within bounds, whatever a worker has written")
    func bounds() {
        let page = UnsafeMutableRawPointer.allocate(byteCount: StreamTally.byteCount, alignment: 4096)
        defer { page.deallocate() }
        page.initializeMemory(as: UInt8.self, repeating: 0xff, count: StreamTally.byteCount)
        let tally = StreamTally(base: page)
        let reading = tally.reading(within: 10...20)
        #expect(reading.ok > 0 && reading.firstStart == 20 && reading.longest == 10)
        #expect(tally.ended > 0)
    }
}
