import Glibc
import Timing

/// How long commands have taken of late, and how many of them go to a slot at a time by that: where many short ones wait, several.
struct CommandPace {
    /// Nanoseconds; 0 while nothing is known.
    private var recent = 0

    /// The most commands, their bytes, and the time that they take as far as can be told, for one call.
    private static let maximumCommands = 32
    private static let maximumBytes = 1 << 19
    private static let maximumNanoseconds = 25_000_000

    /// Counts in a command that has ended.
    mutating func add(nanoseconds: Int) {
        recent = recent == 0 ? nanoseconds : (recent * 7 + nanoseconds) / 8
    }

    /// How many of those that wait go to one of so many slots; at least one.
    func count(of waiting: [ExecJob], slots: Int) -> Int {
        guard recent > 0 else { return 1 }
        let most = max(min(Self.maximumCommands, Self.maximumNanoseconds / recent, waiting.count / (2 * slots)), 1)
        var bytes = 0
        for (index, job) in waiting.prefix(most).enumerated() {
            bytes += job.byteCount
            if index > 0, bytes > Self.maximumBytes { return index }
        }
        return min(most, waiting.count)
    }
}

/// How long commands may take, in percent of the median time of those that have done well so far (`--timeout 200%`).
struct MedianTimeout {
    private let percent: Double
    private var times = Samples()
    /// Nanoseconds; nil while no command has ended.
    private(set) var limit: Int?

    init(percent: Double) {
        self.percent = percent
    }

    /// Counts in a command that has done well.
    mutating func add(nanoseconds: Int) {
        times.record(UInt64(clamping: nanoseconds))
        limit = Int(Double(times.percentiles([50])[0]) * percent / 100)
    }
}

/// How busy the host is.
enum Load {
    /// How many processes want a processor, on the average of a minute.
    static var runnable: Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : 0
    }

    /// Memory that programs can have, in bytes.
    static var availableBytes: Int {
        guard let file = fopen("/proc/meminfo", "re") else { return .max }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return .max }
        return number << 10
    }
}
