import Bytes
import Glibc
import Linux
import Report

/// Commands that are run around what is measured, by /bin/sh. In each, `{NAME}` stands for the value of what is scanned.
struct BenchHooks: Equatable {
    /// Before the first run of a variant.
    var setup: String?
    /// Before each run that is measured, and behind it.
    var prepare: String?
    var conclude: String?
    /// Behind the last run of a variant.
    var cleanup: String?

    /// Runs one to its end. What it prints goes to standard error, or nowhere. Throws ``ExitStatus/cancelled`` when the user
    /// doesn't want to wait, and a fault where it fails.
    static func run(
        _ command: String?, _ values: [Bench.Variant.Value], name: String, isHeard: Bool, _ signals: Signals
    ) throws {
        guard let command else { return }
        var program = Program(
            path: "/bin/sh", arguments: ["-c", filled(command, values)], environment: .ofThisProcess, descriptors: [])
        program.hasNoInput = true
        let null = isHeard ? STDERR_FILENO : open("/dev/null", O_WRONLY | O_CLOEXEC)
        defer { if !isHeard, null >= 0 { close(null) } }
        program.output = null >= 0 ? null : STDERR_FILENO
        let pid: pid_t
        do throws(SystemError) {
            pid = try program.spawn()
        } catch {
            throw CommandError(error)
        }
        var status: Int32 = 0
        while waitpid(pid, &status, WNOHANG) == 0 {
            let came = try signals.wait(beside: -1, milliseconds: patience)
            if came.signal, let number = signals.next(), number != SIGCHLD {
                end(pid, signals)
                throw ExitStatus.cancelled
            }
        }
        guard status == 0 else {
            let end = status & 0x7f == 0 ? "exit code \(status >> 8 & 0xff)" : "signal \(status & 0x7f)"
            throw CommandError.warmUp("\(name) failed with \(end): \(CommandError.clean(command))")
        }
    }

    /// A child's end comes as a signal; this is for one that was lost.
    private static let patience: Int32 = 500
    /// How long one that is to end may take, in nanoseconds.
    private static let grace: UInt64 = 1_000_000_000

    /// Has one end with its process group. It is killed where it takes its time, or the user doesn't.
    private static func end(_ pid: pid_t, _ signals: Signals) {
        func signal(_ number: Int32) {
            kill(-pid, number)
            kill(pid, number)
        }
        signal(SIGTERM)
        signal(SIGCONT)
        let deadline = Monotonic.now() + grace
        while waitpid(pid, nil, WNOHANG) == 0 {
            let left = Monotonic.milliseconds(until: deadline)
            let came = try? signals.wait(beside: -1, milliseconds: min(left, patience))
            let number = came?.signal == true ? signals.next() : nil
            guard left == 0 || came == nil || number.map({ $0 != SIGCHLD }) == true else { continue }
            signal(SIGKILL)
            waitpid(pid, nil, 0)
            return
        }
    }

    /// `text` with the values of what is scanned in the places of `{NAME}`.
    static func filled(_ text: String, _ values: [Bench.Variant.Value]) -> String {
        values.reduce(text) { text, value in
            let mark = Array("{\(value.option)}".utf8)
            let bytes = Array(text.utf8)
            var filled: [UInt8] = []
            var index = 0
            while index < bytes.count {
                if bytes[index...].starts(with: mark) {
                    filled += value.value.utf8
                    index += mark.count
                } else {
                    filled.append(bytes[index])
                    index += 1
                }
            }
            return String(decoding: filled, as: UTF8.self)
        }
    }
}
