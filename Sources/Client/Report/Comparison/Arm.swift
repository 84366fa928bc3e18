import Control

/// One way to run the tasks of a comparison.
public struct Arm: Sendable, Hashable {
    public let mode: Mode
    public let workers: Int

    /// - Parameter mode: not mixed.
    public init(_ mode: Mode, workers: Int) {
        self.mode = mode
        self.workers = mode == .serial ? 1 : workers
    }

    /// `serial`, `4 threads`, `1 process`.
    public var name: String {
        switch mode {
        case .serial: "serial"
        case .threads, .mixed: Units.counted(workers, "thread")
        case .processes: Units.counted(workers, "process")
        }
    }

    /// Serial, then for each of `counts` in ascending order threads and processes.
    public static func matrix(_ counts: [Int]) -> [Arm] {
        let counts = Set(counts).sorted()
        return [Arm(.serial, workers: 1)] + counts.map { Arm(.threads, workers: $0) }
            + counts.map { Arm(.processes, workers: $0) }
    }
}
