import Control

extension Receipt {
    /// The workload, its options and what its first task was given, as they would be typed. As users gave them: not yet
    /// fit for any place.
    var command: String {
        let options = arguments.sorted { $0.key < $1.key }.compactMap { name, value -> String? in
            switch value {
            case "", "false": nil
            case "true": "--\(name)"
            default: "--\(name) \(value)"
            }
        }
        return ([workload] + options + [input].compactMap(\.self)).joined(separator: " ")
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
