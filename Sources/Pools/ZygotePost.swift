import Catalogue
import Linux

/// The place of one of the daemon's zygotes, for workers with one library: filled when it is first needed, and again
/// whenever the zygote that has it is lost.
final class ZygotePost {
    let library: Library
    /// The zygote that has the place; nil while none does.
    private(set) var link: ZygoteLink?
    /// Zygotes lost in a row that had answered nothing.
    private var losses = 0
    /// When the next one may be started, if none is there.
    private(set) var retryAt: UInt64 = 0
    /// Forks to be asked for together.
    private var forks: [(process: ProcessID, slot: Int, exec: Bool)] = []
    /// Who waits for the zygote's reply to a ping, oldest first: one for each ping that is out, or waits for a zygote.
    private var checkIns: [CheckIn] = []

    /// How long after the fourth loss a zygote is started again; doubled with each further one.
    private static let retryNanoseconds: UInt64 = 100_000_000

    init(for library: Library) {
        self.library = library
    }

    /// Takes a new zygote in, and has it do what has been waiting for one.
    func fill(with link: ZygoteLink) throws(SystemError) {
        self.link = link
        for _ in checkIns { try ping() }
        try flushForks()
    }

    /// The zygote is lost, with all that it has not answered. The next one may come at once, or in a while.
    func vacate(_ now: UInt64) {
        link = nil
        putOff(now)
    }

    /// Waits the longer for the next zygote, the more have been lost without having done anything.
    func putOff(_ now: UInt64) {
        losses += 1
        retryAt = now
        if losses > 3 { retryAt += Self.retryNanoseconds << UInt64(min(losses - 4, 6)) }
    }

    func fork(_ process: ProcessID, slot: Int, exec: Bool) {
        forks.append((process, slot, exec))
    }

    /// Sends off the forks that were asked for. Without a zygote they wait for the next one.
    func flushForks() throws(SystemError) {
        guard !forks.isEmpty, let link else { return }
        do {
            for exec in [false, true] {
                let wanted = forks.filter { $0.exec == exec }.map { (process: $0.process, slot: $0.slot) }
                if !wanted.isEmpty { try link.request(wanted, exec: exec) }
                forks.removeAll { $0.exec == exec }
            }
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            // The zygote's end is about to be heard; what it wasn't asked for stays in `forks`.
            return
        }
    }

    /// Asks the zygote for a sign of life. Without one, the next one is asked.
    func check(_ checkIn: CheckIn) throws(SystemError) {
        checkIns.append(checkIn)
        try ping()
    }

    private func ping() throws(SystemError) {
        do {
            try link?.ping()
        } catch  where error.errno == .brokenPipe || error.errno == .connectionReset {
            // The zygote's end is about to be heard, and the next one is asked again.
            return
        }
    }

    /// The zygote has answered something: it is of use.
    func hear(_ answer: ZygoteLink.Answer) {
        losses = 0
        if case .ping = answer, !checkIns.isEmpty { checkIns.removeFirst().reply() }
    }

    /// Tells those who still wait for a sign of life that there will be none.
    func dismiss() {
        for checkIn in checkIns { checkIn.end(false) }
        checkIns = []
    }

    /// Ends the zygote, which has no more children to make.
    func close() throws(SystemError) {
        guard let link = link.take() else { return }
        try link.process.signal(killSignal)
        _ = try link.process.reap(waiting: true)
    }
}

/// The question whether everybody is alive, which every zygote has to answer.
final class CheckIn {
    private var missing: Int
    private var answer: (@Sendable (Bool) -> Void)?

    /// - Parameter count: how many are asked.
    init(of count: Int, answer: @escaping @Sendable (Bool) -> Void) {
        missing = count
        self.answer = answer
    }

    /// One of those asked has replied.
    func reply() {
        missing -= 1
        if missing == 0 { end(true) }
    }

    /// Answers, once.
    func end(_ isAlive: Bool) {
        answer.take()?(isAlive)
    }
}
