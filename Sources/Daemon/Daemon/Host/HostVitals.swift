import Bytes
import Control
import Glibc
import Linux
import Synchronization

/// This host as receipts tell of it: what it is, and how busy. Looked at when somebody asks, and at most once a second.
final class HostVitals: Sendable {
    private struct State: Sendable {
        var host: Host
        var readAt: UInt64 = 0
    }

    private let state: Mutex<State>
    private static let lifetime: UInt64 = 1_000_000_000

    init() {
        var names = utsname()
        uname(&names)
        let kernel = [Self.text(names.sysname), Self.text(names.release), Self.text(names.machine)]
        state = Mutex(
            State(
                host: Host(
                    name: Self.text(names.nodename), kernel: kernel.joined(separator: " "),
                    cores: Processors.available, boot: Self.line("/proc/sys/kernel/random/boot_id"))))
    }

    /// The host as it is, or was less than a second ago.
    var now: Host {
        state.withLock { state in
            let now = Monotonic.now()
            guard state.readAt == 0 || now &- state.readAt > Self.lifetime else { return state.host }
            state.readAt = now
            state.host.load = Self.load
            state.host.cpuPressure = Self.pressure("cpu")
            state.host.memoryPressure = Self.pressure("memory")
            state.host.ioPressure = Self.pressure("io")
            return state.host
        }
    }

    /// Nil where a service's sandbox hides the file.
    private static var load: Double? {
        line("/proc/loadavg").flatMap { $0.split(separator: " ").first.flatMap { Double($0) } }
    }

    /// In percent. A sandbox that hides /proc leaves the file of the whole tree of cgroups.
    private static func pressure(_ resource: String) -> Double? {
        (line("/proc/pressure/\(resource)") ?? line("/sys/fs/cgroup/\(resource).pressure")).flatMap(pressure(in:))
    }

    /// The first number of a line as `some avg10=1.25 avg60=0.80 avg300=0.10 total=12345`, in percent; nil where it has none.
    static func pressure(in line: String) -> Double? {
        let words = line.split(separator: " ")
        guard words.first == "some", let word = words.dropFirst().first, word.hasPrefix("avg10=") else { return nil }
        return Double(word.dropFirst("avg10=".count)).flatMap { (0...100).contains($0) ? $0 : nil }
    }

    /// The first line of a file of the kernel's; nil where there is none, or it is empty.
    private static func line(_ path: String) -> String? {
        let file = open(path.cBytes, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        let bytes = [UInt8](unsafeUninitializedCapacity: 256) { buffer, count in
            count = max(0, read(file, buffer.baseAddress, buffer.count))
        }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        return line.isEmpty ? nil : String(decoding: line, as: UTF8.self)
    }

    /// A text in one of the kernel's fields, which end with a zero.
    private static func text<Field>(_ field: Field) -> String {
        withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
}
