import Catalogue
import Control
import Pools
import Synchronization
import Timing
import VarlinkServer

/// What has been since the daemon's start, in counters and histograms: counted where a run ends, read when somebody asks.
///
/// Its size is bounded: runs are told apart by workload, mode and temperature, and of all else that a client can make many of,
/// only so many kinds are.
final class RunCounts: Sendable {
    /// Runs and leases of one workload, mode and temperature.
    struct Series: Sendable {
        let workload: String
        let mode: Mode
        let temperature: Receipt.Temperature
        /// In the order of ``Receipt/Outcome``.
        var runs = [Int](repeating: 0, count: Receipt.Outcome.allCases.count)
        var leases = [Int](repeating: 0, count: Receipt.Outcome.allCases.count)
        var tasks = Tasks(ok: 0, failed: 0, lost: 0, cancelled: 0)
        var reruns = 0
        var taskCPU = 0
        var queue = Buckets()
        var startup = Buckets()
        /// Of runs only: a lease's first task comes when its client likes.
        var dispatch = Buckets()
        var task = Buckets()
    }

    /// Why runs were not taken in.
    struct Refused: Hashable, Sendable {
        /// The error's name, such as `busy`.
        let reason: String
        /// What was used up; empty where that was nothing.
        let limit: String
    }

    /// All of it at one moment.
    struct Counts: Sendable {
        fileprivate(set) var series: [Series?] = []
        fileprivate(set) var refusals: [Refused: Int] = [:]
        /// Worker processes that died, by how they did.
        fileprivate(set) var losses: [String: Int] = [:]
        fileprivate(set) var zygoteLosses = 0
        fileprivate(set) var forkFailures = 0
        /// Runs and leases by user; those of further ones are at nil.
        fileprivate(set) var users: [UInt32?: Int] = [:]
    }

    /// Users, reasons and ends that are told apart; further ones are ``others``.
    static let kindLimit = 64
    static let others = "other"

    private let state = Mutex(
        Counts(
            series: Array(
                repeating: nil,
                count: Catalogue.all.count * Mode.allCases.count * Receipt.Temperature.allCases.count)))

    /// Everything as it is now.
    var counts: Counts { state.withLock { $0 } }

    /// Counts a run or lease that has ended.
    ///
    /// - Parameter samples: the times of its tasks.
    func count(
        _ receipt: Receipt, of plan: RunPlan, _ samples: borrowing Samples, by user: UInt32, isLease: Bool = false
    ) {
        state.withLock { counts in
            counts.withSeries(plan.spec.plan.workload, receipt.mode, receipt.temperature) { series in
                series.count(receipt, samples, isLease: isLease)
            }
            counts.countUser(user)
        }
    }

    /// Counts one whose workers did not come up, so that it has no receipt.
    func countUnstarted(_ plan: RunPlan, by user: UInt32, isLease: Bool = false) {
        state.withLock { counts in
            counts.withSeries(plan.spec.plan.workload, plan.shape.mode, .cold) { series in
                series.count(.failed, isLease: isLease)
            }
            counts.countUser(user)
        }
    }

    func countRefusal(_ error: any Error) {
        let refused = Refused(error)
        state.withLock { counts in
            let isKnown = counts.refusals.count < Self.kindLimit || counts.refusals[refused] != nil
            counts.refusals[isKnown ? refused : Refused(reason: Self.others, limit: ""), default: 0] += 1
        }
    }

    func count(_ notice: Supervisor.Notice) {
        switch notice {
        case .workerLost(_, _, let exit):
            state.withLock { counts in counts.losses[counts.losses.kind(exit), default: 0] += 1 }
        case .zygoteLost: state.withLock { $0.zygoteLosses += 1 }
        case .forksFailed(let count, _): state.withLock { $0.forkFailures += count }
        case .warm, .zygoteStarted, .trouble, .refused, .failed, .ended: break
        }
    }
}

extension RunCounts.Counts {
    fileprivate mutating func countUser(_ user: UInt32) {
        let isKnown = users.count < RunCounts.kindLimit || users[user] != nil
        users[isKnown ? user : nil, default: 0] += 1
    }

    fileprivate mutating func withSeries(
        _ workload: UInt32, _ mode: Mode, _ temperature: Receipt.Temperature, _ body: (inout RunCounts.Series) -> Void
    ) {
        let modes = Mode.allCases.count
        let place = (Int(workload) * modes + mode.place) * 2 + (temperature == .warm ? 0 : 1)
        guard series.indices.contains(place) else { return }
        if series[place] == nil {
            series[place] = .init(workload: Catalogue.all[Int(workload)].name, mode: mode, temperature: temperature)
        }
        series[place]?.change(body)
    }
}

extension RunCounts.Series {
    /// In its place: copies of it would copy its histograms.
    fileprivate mutating func change(_ body: (inout RunCounts.Series) -> Void) { body(&self) }

    fileprivate mutating func count(_ outcome: Receipt.Outcome, isLease: Bool) {
        let place = outcome.place
        if isLease { leases[place] += 1 } else { runs[place] += 1 }
    }

    fileprivate mutating func count(_ receipt: Receipt, _ samples: borrowing Samples, isLease: Bool) {
        count(receipt.outcome, isLease: isLease)
        tasks.ok += receipt.tasks.ok
        tasks.failed += receipt.tasks.failed
        tasks.lost += receipt.tasks.lost
        tasks.cancelled += receipt.tasks.cancelled
        reruns += receipt.reruns
        taskCPU += receipt.task.cpuSum
        queue.record(UInt64(clamping: receipt.phases.queue))
        if receipt.temperature == .cold { startup.record(UInt64(clamping: receipt.phases.startup)) }
        if !isLease, samples.count > 0 { dispatch.record(UInt64(clamping: receipt.phases.dispatch)) }
        task.add(samples)
    }
}

extension RunCounts.Refused {
    init(_ error: any Error) {
        guard let error = error as? ControlError else {
            self.init(reason: RunCounts.others, limit: "")
            return
        }
        let limit: String
        switch error {
        case .busy(let name, _, _, _), .limitExceeded(let name, _, _): limit = name
        default: limit = ""
        }
        self.init(reason: Self.label(error.errorName), limit: limit)
    }

    /// `limit_exceeded` for `org.pard.Control.LimitExceeded`.
    private static func label(_ name: String) -> String {
        var label = ""
        for character in name.split(separator: ".").last ?? "" {
            if character.isUppercase, !label.isEmpty { label += "_" }
            label += character.lowercased()
        }
        return label
    }
}

extension Dictionary<String, Int> {
    /// `name`, or what stands for all further ones.
    fileprivate func kind(_ name: String) -> String {
        count < RunCounts.kindLimit || self[name] != nil ? name : RunCounts.others
    }
}

extension Mode {
    /// Its place among all of them.
    fileprivate var place: Int {
        switch self {
        case .serial: 0
        case .threads: 1
        case .processes: 2
        case .mixed: 3
        }
    }
}

extension Receipt.Outcome {
    /// Likewise.
    fileprivate var place: Int {
        switch self {
        case .ok: 0
        case .failed: 1
        case .cancelled: 2
        case .timeout: 3
        }
    }
}
