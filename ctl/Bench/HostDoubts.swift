import Bytes
import Control
import Glibc
import Linux
import Report

/// What makes figures of this host doubtful: it was busy before anything was measured, it was throttled meanwhile, or its clock
/// is coarse.
struct HostDoubts {
    let host: Host?
    let throttles: Throttling

    init(_ host: Host?, throttles: Throttling) {
        self.host = host
        self.throttles = throttles
    }

    /// Of ten seconds, the percentage in which somebody waited for a processor from which on a host is busy.
    private static let busyPressure = 10.0
    /// Of all processors, the share that others used.
    private static let busyLoad = 0.5
    /// Nanoseconds between two readings of the clock that differ, above which microseconds can't be told apart.
    private static let coarse = 1000

    /// Whether others surely used the host.
    var isBusy: Bool { (host?.cpuPressure ?? 0) >= Self.busyPressure }

    var sentences: [String] {
        var sentences: [String] = []
        if let host {
            let pressure = host.cpuPressure ?? 0
            let load = (host.load ?? 0) / Double(max(host.cores, 1))
            if isBusy {
                sentences.append(
                    "the host was busy before the first round: in \(Units.fixed(pressure, decimals: 0)) % of ten seconds something "
                        + "waited for a processor")
            } else if load >= Self.busyLoad {
                sentences.append(
                    "the host may have been busy before the first round: its load was \(Units.fixed(host.load ?? 0, decimals: 2)) "
                        + "on \(Units.counted(host.cores, "core"))")
            }
        }
        sentences += throttles.sentences
        let step = Self.clockStep()
        if step > Self.coarse {
            sentences.append(
                "the clock advances in steps of \(Units.duration(step)): shorter times are not to be trusted")
        }
        return sentences
    }

    /// The shortest difference of two readings, of a few.
    static func clockStep() -> Int {
        (0..<200).reduce(Int.max) { least, _ in
            let first = Monotonic.now()
            var second = Monotonic.now()
            while second == first { second = Monotonic.now() }
            return min(least, Int(second - first))
        }
    }
}

/// How often the processors were throttled since this was made: for heat, or by a cgroup's quota.
struct Throttling {
    private let heat = Throttling.heat()
    private let quota = Throttling.quota()

    var sentences: [String] {
        let hot = Self.heat() - heat
        let held = Self.quota() - quota
        return [
            hot > 0 ? "the processors were throttled for heat \(Units.counted(hot, "time")) meanwhile" : nil,
            held > 0 ? "a quota on processors held this session back \(Units.counted(held, "time")) meanwhile" : nil,
        ].compactMap(\.self)
    }

    private static func heat() -> Int {
        (0..<256).reduce(0) { sum, cpu in
            sum
                + (text("/sys/devices/system/cpu/cpu\(cpu)/thermal_throttle/core_throttle_count").flatMap {
                    Int($0.split(separator: "\n").first ?? "")
                } ?? 0)
        }
    }

    /// Of this program's own cgroup (version 2).
    private static func quota() -> Int {
        let line = text("/proc/self/cgroup")?.split(separator: "\n").first { $0.hasPrefix("0::") }
        guard let path = line?.dropFirst(3), let stat = text("/sys/fs/cgroup\(path)/cpu.stat") else { return 0 }
        return stat.split(separator: "\n").first { $0.hasPrefix("nr_throttled ") }
            .flatMap { Int($0.dropFirst("nr_throttled ".count)) } ?? 0
    }

    private static func text(_ path: String) -> String? {
        (try? readFile(path, atMost: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
    }
}
