/// How the workers of a run are arranged and how many there are: what a request asks for, as client and daemon both see it.
public struct WorkerShape: Sendable, Equatable {
    public let mode: Mode
    public let processes: Int
    /// Of each process.
    public let threads: Int

    public var workers: Int { processes * threads }

    /// Far above any limit on workers, and low enough that nothing that is counted from it overflows.
    public static let maximumWorkers = 1 << 20

    /// The shape that a request's numbers ask for.
    ///
    /// - Parameters:
    ///   - mode: nil where it follows from the numbers, see ``mode(processes:threads:)``.
    ///   - processors: how many workers there are where no number says so; asked for only then.
    public init(mode: Mode?, processes: Int?, threads: Int?, processors: @autoclosure () -> Int) throws(ControlError) {
        for (name, value) in [("threads", threads), ("processes", processes)] {
            if let value, value < 1 { throw .badArgument(name, value: "\(value)", expected: "a number of 1 or more") }
            if let value, value > Self.maximumWorkers {
                throw .limitExceeded(limit: name, value: value, allowed: Self.maximumWorkers)
            }
        }
        let workers = (threads ?? 1) * (processes ?? 1)
        guard workers <= Self.maximumWorkers else {
            throw .limitExceeded(limit: "workers", value: workers, allowed: Self.maximumWorkers)
        }
        let mode = mode ?? Self.mode(processes: processes, threads: threads) ?? .threads
        switch mode {
        case .serial:
            try Self.refuse("threads", threads, in: mode)
            try Self.refuse("processes", processes, in: mode)
            self.init(.serial, processes: 1, threads: 1)
        case .threads:
            try Self.refuse("processes", processes, in: mode)
            self.init(.threads, processes: 1, threads: threads ?? processors())
        case .processes:
            try Self.refuse("threads", threads, in: mode)
            self.init(.processes, processes: processes ?? processors(), threads: 1)
        case .mixed:
            guard let processes, let threads else {
                throw .badArgument("mode", value: "mixed", expected: "processes and threads beside it")
            }
            // Processes of one thread each are those of another pool.
            self.init(threads == 1 ? .processes : .mixed, processes: processes, threads: threads)
        }
    }

    private init(_ mode: Mode, processes: Int, threads: Int) {
        self.mode = mode
        self.processes = processes
        self.threads = threads
    }

    /// The mode that follows from numbers: one process of several threads is a matter of threads. Nil without any number.
    public static func mode(processes: Int?, threads: Int?) -> Mode? {
        switch (processes, threads) {
        case (nil, nil): nil
        case (nil, _): .threads
        case (_, nil), (_, 1): .processes
        case (1, _): .threads
        default: .mixed
        }
    }

    private static func refuse(_ name: String, _ value: Int?, in mode: Mode) throws(ControlError) {
        if let value, value > 1 {
            throw .badArgument(name, value: "\(value)", expected: "no number above 1 in mode \(mode.rawValue)")
        }
    }
}
