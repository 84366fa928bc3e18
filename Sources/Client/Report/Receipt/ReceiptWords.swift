import Control

extension Receipt {
    /// The workload, its options and what its first task was given, as they would be typed. As users gave them: not yet
    /// fit for any place.
    public var command: String {
        let options = arguments.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
            switch value {
            case "", "false": nil
            case "true": "--\(name)"
            default: "--\(name) \(value)"
            }
        }
        return ([workload] + options + [input].compactMap(\.self)).joined(separator: " ")
    }

    /// The same with the options that were typed, and what tasks are given as it was typed: for texts and pictures.
    ///
    /// - Parameter input: nil to leave what the receipt says.
    public func repeating(options: [String: String], input: String? = nil) -> Receipt {
        var copy = self
        copy.arguments = options
        if let input { copy.input = input }
        return copy
    }

    /// How the run ended, in words: `all 16 tasks ok`, `4 of 20 tasks failed`.
    public var end: String {
        let all = Units.counted(tasks.total, "task")
        let some = tasks.ok == 0 && tasks.failed + tasks.lost == 0 ? "before any task" : nil
        return switch outcome {
        case .ok: tasks.total == 1 ? "1 task ok" : "all \(all) ok"
        case .failed where tasks.failed + tasks.lost == 0: "failed before any task began"
        case .failed:
            [
                (tasks.failed, "failed"), (tasks.lost, "lost"), (tasks.cancelled, "not run"),
            ].filter { $0.0 > 0 }.enumerated()
                .map { index, part in
                    index == 0
                        ? (part.0 == tasks.total && part.0 > 1 ? "all \(all)" : "\(Units.grouped(part.0)) of \(all)")
                            + " \(part.1)" : "\(Units.grouped(part.0)) \(part.1)"
                }.joined(separator: ", ")
        case .cancelled:
            "cancelled " + (some ?? "after \(Units.grouped(tasks.ok + tasks.failed + tasks.lost)) of \(all)")
        case .timeout: "timed out " + (some ?? "after \(Units.grouped(tasks.ok + tasks.failed + tasks.lost)) of \(all)")
        }
    }

    /// When a warm run's workers were started, and what that took; nil where that is not known.
    func earlierStart(_ style: TextStyle) -> String? {
        guard temperature == .warm, phases.startup == 0, poolStartupPaid > 0 else { return nil }
        return "started \(style.duration(poolReadyFor)) ago, which took \(style.duration(poolStartupPaid))"
    }

    /// The workers, in words: `4 threads`, `2 processes × 6 threads`, `serial`.
    func arrangement(times: String = "×") -> String {
        let processes = Units.counted(processes, "process")
        return switch mode {
        case .serial: "serial"
        case .threads: Units.counted(threads, "thread")
        case .processes: processes
        case .mixed: "\(processes) \(times) \(Units.counted(threads, "thread"))"
        }
    }
}

extension RecordedRun {
    /// The run of `receipt`, told apart by its workers and its temperature.
    public init(_ receipt: Receipt, blocks: [[Record]]) {
        self.init(
            label: "\(receipt.arrangement()), \(receipt.temperature.rawValue)", receipt: receipt, blocks: blocks)
    }
}
