import Glibc
import Ledger
public import Linux
import SystemPackage

/// The whole of a zygote's program: the fork server, a worker that was started anew, or neither if started by hand.
public enum ZygoteProgram {
    /// Runs the program that this process was started as. Started by pard, it has the arena, the daemon's event and the
    /// control socket as descriptors 3 to 5; its arguments are those of its runtime.
    ///
    /// - Parameter support: what makes its workers more than every worker is; nil for nothing.
    /// - Returns: the exit code.
    public static func run(_ support: (any RuntimeSupport.Type)?) -> Int32 {
        let arguments = ThisProcess.arguments.dropFirst()
        do {
            let place = WorkerProgram.place(arguments)
            let isGuardian = arguments.first == GuardianProtocol.flag
            if place == nil && !isGuardian { offerMemory() }
            // What tasks start may be other programs of the same user, and must not get at the ledger.
            try ThisProcess.denyInspection()
            if let place {
                try WorkerProgram.run(place, support: support, arguments: Array(arguments.dropFirst(3)))
            }
            if isGuardian {
                try Guardian(arguments.dropFirst())?.watch()
                return 0
            }
            guard let zygote = try StartingZygote() else { return 2 }
            do {
                try support?.prepare(bind(Array(arguments)))
            } catch {
                try zygote.refuse("\(error)")
                return 1
            }
            try zygote.serve(support)
            return 0
        } catch {
            complain("\(error); this program is started by a pard of the same version, and can't be run by hand")
            return 1
        }
    }

    /// Has the kernel take a zygote and its workers before the daemon and its guardian where memory is short: those come back in
    /// milliseconds. Where that can't be had, the larger process goes, which mostly is a worker.
    public static func offerMemory() {
        try? ThisProcess.offerMemory(ZygoteProtocol.offeredMemory)
    }

    /// By how many bytes a worker process may grow until another takes its place; 0 for no bound.
    // Set before the first fork and the first thread.
    public nonisolated(unsafe) private(set) static var growthBytes: UInt64 = 0

    /// Takes on the bounds on memory that stand before a runtime's arguments, for this process and all that it forks.
    ///
    /// - Returns: the runtime's arguments.
    public static func bind(_ arguments: [String]) throws(RuntimeFault) -> [String] {
        var rest = arguments[...]
        while let flag = rest.first, flag == ZygoteProtocol.memoryFlag || flag == ZygoteProtocol.growthFlag {
            guard let bytes = rest.dropFirst().first.flatMap({ UInt64($0) }) else {
                throw RuntimeFault("a bound has no number")
            }
            rest = rest.dropFirst(2)
            if flag == ZygoteProtocol.growthFlag {
                growthBytes = bytes
                continue
            }
            do {
                try ThisProcess.limitMemory(bytes: bytes)
            } catch {
                throw RuntimeFault("\(error)")
            }
        }
        return Array(rest)
    }
}

/// A process that is about to be a zygote: it has what pard has given it.
public struct StartingZygote: ~Copyable {
    private let arena: Arena
    private let control: MessageSocket

    /// - Returns: nil where pard has not started this process, which it says, or has ended since.
    public init?() throws(SystemError) {
        try ThisProcess.dieWithParent()
        guard let arena = try Arena(mapping: Descriptor(owning: ZygoteProtocol.Inherited.arena)) else {
            complain("this program is started by a pard of the same version, and can't be run by hand")
            return nil
        }
        guard UInt32(ThisProcess.parent) == arena.header.daemon.pointee else { return nil }
        self.arena = arena
        control = MessageSocket(Descriptor(owning: ZygoteProtocol.Inherited.control))
    }

    /// Tells the daemon what the runtime is made of, before it serves or refuses: a ``Ledger/RuntimeReport``.
    public borrowing func report(_ report: [UInt8]) throws(SystemError) {
        for piece in ZygoteProtocol.pieces(of: report) { try control.send(piece) }
    }

    /// Says why there can't be a zygote, and waits until the daemon has heard.
    public borrowing func refuse(_ reason: String) throws(SystemError) {
        try control.send(ZygoteProtocol.refusal(reason))
        // Hanging up with requests unread would throw away what was said. The daemon does so once it has heard.
        while try control.receive(atMost: ZygoteProtocol.answerLimit) != nil {}
    }

    /// Is the zygote, until the daemon closes its end.
    ///
    /// - Returns: nil then; in a process that was forked to run a script, the socket by which that will come. It is the caller's.
    @discardableResult
    public consuming func serve(_ support: (any RuntimeSupport.Type)?) throws(SystemError) -> Int32? {
        // Made once, for all of its workers.
        _ = WorkloadCode.table
        // Its workers know the answer from the start.
        Processors.tryMoving()
        return try Zygote(arena: arena, control: control, support: support).serve()
    }
}

/// The fork server: one thread that waits for the daemon's word and forks.
struct Zygote: ~Copyable {
    private let arena: Arena
    private let control: MessageSocket
    private let support: (any RuntimeSupport.Type)?

    init(arena: Arena, control: consuming MessageSocket, support: (any RuntimeSupport.Type)?) {
        self.arena = arena
        self.control = control
        self.support = support
    }

    /// Serves until the daemon closes its end.
    ///
    /// - Returns: the socket by which a script will come, in a process that was forked for one.
    consuming func serve() throws(SystemError) -> Int32? {
        var files: [Int32] = []
        while let request = try control.receive(
            atMost: 1 + 2 * ZygoteProtocol.requestLimit, descriptors: &files)
        {
            defer { for file in files { closeInherited(file) } }
            switch request.first.flatMap(ZygoteProtocol.Request.init(rawValue:)) {
            case .fork: try reply(to: request.dropFirst(), exec: false)
            case .exec: try reply(to: request.dropFirst(), exec: true)
            case .ping: try control.send([ZygoteProtocol.Request.ping.rawValue])
            case .script:
                if try forkScript(files) { return files.removeFirst() }
            case nil: break
            }
        }
        return nil
    }

    /// - Returns: true in the process that is to run a script.
    private borrowing func forkScript(_ files: [Int32]) throws(SystemError) -> Bool {
        var answer = -EBADF
        if files.count == 1 {
            do {
                answer = try fork()
            } catch {
                answer = -error.errno.rawValue
            }
            if answer == 0 {
                // The daemon may have ended between.
                try? ThisProcess.dieWithParent()
                if UInt32(ThisProcess.parent) != arena.header.daemon.pointee {
                    ThisProcess.leave(WorkerProcess.ExitCode.orphaned)
                }
                return true
            }
        }
        try control.send([UInt32(bitPattern: answer)])
        return false
    }

    private borrowing func reply(to words: ArraySlice<UInt32>, exec: Bool) throws(SystemError) {
        var pids: [UInt32] = []
        pids.reserveCapacity(words.count / 2)
        for index in stride(from: words.startIndex, to: words.endIndex - 1, by: 2) {
            do {
                let pid = try fork()
                if pid == 0 { become(workerAt: words[index], ticket: words[index + 1], exec: exec) }
                pids.append(UInt32(pid))
            } catch {
                pids.append(UInt32(bitPattern: -error.errno.rawValue))
            }
        }
        try control.send(pids)
    }

    private borrowing func fork() throws(SystemError) -> Int32 {
        ThisProcess.findThreadID()
        let pid = if let support { try support.fork() } else { try ThisProcess.forkSibling() }
        if pid == 0 { ThisProcess.forgetThreadID() }
        return pid
    }

    private borrowing func become(workerAt slot: UInt32, ticket: UInt32, exec: Bool) -> Never {
        // Without this, the daemon would not see the zygote's end while a worker lives.
        closeInherited(control.raw)
        if exec { WorkerProgram.start(slot: slot, ticket: ticket, launcherWords: support?.launcherWords ?? 1) }
        WorkerProcess.run(
            arena: arena, number: Int(slot), ticket: ticket, event: ZygoteProtocol.Inherited.event,
            support: support)
    }
}
