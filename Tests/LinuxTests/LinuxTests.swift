import Glibc
import SystemPackage
import Testing

@testable import Linux

@Suite("A descriptor")
struct DescriptorTests {
    @Test("is closed with its owner, and not when it was given up")
    func ownership() throws {
        let raw = try Descriptor.event().raw
        #expect(fcntl(raw, F_GETFD) == -1)
        let kept = try Descriptor.event().release()
        #expect(fcntl(kept, F_GETFD) & FD_CLOEXEC != 0)
        close(kept)
    }
}

@Suite("A child process")
struct ChildProcessTests {
    private func shell(_ script: String, descriptors: [Int32] = []) -> Program {
        Program(path: "/bin/sh", arguments: ["-c", script], environment: ["A=b"], descriptors: descriptors)
    }

    /// Waits for the child's end.
    private func wait(for child: borrowing ProcessHandle) throws -> Exit? {
        let loop = try EventLoop()
        try loop.add(child.pidfd, key: 1)
        _ = try loop.wait(milliseconds: 10_000)
        return try child.reap()
    }

    @Test("tells how it ended")
    func exits() throws {
        #expect(try wait(for: try ProcessHandle(child: try shell("exit 7").spawn())) == .code(7))
        let sleeper = try ProcessHandle(child: try shell("sleep 60").spawn())
        #expect(try sleeper.reap() == nil)
        try sleeper.signal(SIGKILL)
        #expect(try wait(for: sleeper) == .signal(SIGKILL))
    }

    @Test("gets the descriptors it was given at 3 and above, and no others")
    func descriptors() throws {
        let first = try Descriptor.event()
        let second = try Descriptor.event()
        // One that somebody opened without CLOEXEC must not get through either.
        let careless = Descriptor(owning: fcntl(first.raw, F_DUPFD, 50))
        let given = [second.raw, first.raw, 2]
        let script =
            "test -e /proc/self/fd/3 -a -e /proc/self/fd/4 -a -e /proc/self/fd/5 && ! test -e /proc/self/fd/6"
            + " && ! test -e /proc/self/fd/\(careless.raw)"
        #expect(try wait(for: try ProcessHandle(child: try shell(script, descriptors: given).spawn())) == .code(0))
        extendLifetime(careless)
    }

    @Test("that can't be started is an error that names the program")
    func missing() {
        let program = Program(path: "/nonexistent/program", arguments: [], environment: [], descriptors: [])
        do {
            _ = try program.spawn()
            Issue.record("a program that isn't there was started")
        } catch {
            #expect(error.errno == .noSuchFileOrDirectory)
            #expect("\(error)".contains("/nonexistent/program"))
        }
    }
}

@Suite("A moment to wait for")
struct MomentTests {
    @Test("that has come is waited for no longer, not for ever")
    func past() {
        #expect(Monotonic.milliseconds(until: 0) == 0)
        #expect(Monotonic.milliseconds(until: Monotonic.now()) == 0)
    }

    @Test("has come when the wait is over")
    func rounding() {
        let moment = Monotonic.now() + 1_500_000
        poll(nil, 0, Monotonic.milliseconds(until: moment))
        #expect(Monotonic.now() >= moment)
    }

    @Test("may be farther away than can be waited for")
    func far() {
        #expect(Monotonic.milliseconds(until: .max) == .max)
    }
}

@Suite("A futex")
struct FutexTests {
    @Test("wakes a sleeper of another thread, and lets one go when its time is up")
    func wakes() throws {
        let memory = try SharedMemory(named: "test", byteCount: 4096)
        let word = Futex.Word(OpaquePointer(memory.base))
        let address = UInt(bitPattern: memory.base)
        let thread = try SystemThread(named: "sleeper") {
            guard let word = Futex.Word(bitPattern: address) else { return }
            while word.pointee.load(ordering: .acquiring) == 0 { Futex.wait(word, while: 0) }
            word.pointee.store(2, ordering: .releasing)
        }
        word.pointee.store(1, ordering: .releasing)
        Futex.wake(word)
        thread.join()
        #expect(word.pointee.load(ordering: .acquiring) == 2)
        let before = Monotonic.now()
        Futex.wait(word, while: 2, atMost: 5_000_000)
        #expect(Monotonic.now() - before >= 4_000_000)
        extendLifetime(memory)
    }
}

@Suite("Memory that is given back")
struct GivenBackTests {
    @Test("takes the time of the thread that gives it where it is little, and of another where it is much")
    func threads() async {
        let (threads, feed) = AsyncStream<Int32>.makeStream()
        let own = ThisProcess.tid
        SystemThread.giveBack(4096) { feed.yield(ThisProcess.tid) }
        SystemThread.giveBack(1 << 30) { feed.yield(ThisProcess.tid) }
        var numbers = threads.makeAsyncIterator()
        #expect(await numbers.next() == own)
        #expect(await numbers.next() != own)
    }

    @Test("is neither mapped nor open any more")
    func gone() async throws {
        let name = "par-gone-\(ThisProcess.pid)"
        func isThere() throws -> Bool {
            String(decoding: try readFile("/proc/self/maps", atMost: 1 << 24), as: UTF8.self).contains(name)
        }
        do {
            let memory = try SharedMemory(named: name, byteCount: 1 << 24, isGivenBackApart: true)
            #expect(try isThere() && memory.descriptor >= 0)
        }
        while try isThere() { try await Task.sleep(for: .milliseconds(1)) }
    }
}
