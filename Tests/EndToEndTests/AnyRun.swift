/// A run drawn by lot.
struct AnyRun {
    let line: String
    let workers: Int
    let tasks: Int
    let isCold: Bool

    init(from random: inout some RandomNumberGenerator) {
        let workloads = [
            "noop", "cpu --iterations \(Int.random(in: 0...200_000, using: &random))",
            "sleep --for \(Int.random(in: 0...5_000, using: &random))us",
            "io --size \(Int.random(in: 0...200_000, using: &random))",
            "io --size 64KiB --read --fsync",
        ]
        let (shape, workers) = Self.shape(from: &random)
        self.workers = workers
        tasks = Int.random(in: 1...120, using: &random)
        var words = [workloads.randomElement(using: &random) ?? "noop", shape, "--tasks \(tasks)"]
        let cold = ["", "", "--cold", "--cold=exec"].randomElement(using: &random) ?? ""
        isCold = cold != ""
        words.append(cold)
        if Int.random(in: 0..<4, using: &random) == 0 {
            words.append("--timeout \(Int.random(in: 1...30_000, using: &random))us")
        }
        line = words.filter { $0 != "" }.joined(separator: " ")
    }

    private static func shape(from random: inout some RandomNumberGenerator) -> (String, Int) {
        let (processes, threads) = (Int.random(in: 1...5, using: &random), Int.random(in: 1...5, using: &random))
        return switch Int.random(in: 0..<4, using: &random) {
        case 0: ("--serial", 1)
        case 1: ("--threads \(threads)", threads)
        case 2: ("--processes \(processes)", processes)
        default: ("--processes \(min(processes, 2)) --threads \(threads)", min(processes, 2) * threads)
        }
    }
}
