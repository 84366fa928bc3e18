import Foundation

/// What /proc tells of processes.
enum Processes {
    /// Those that are alive and have `variable` in the environment that they were born with. The daemon and its own let only root look
    /// into them: others find those by `path` in their command lines, and by who has started them.
    static func with(_ variable: String, or path: String) -> [Int] {
        let wanted = Data(variable.utf8)
        var found: [Int: Bool] = [:]
        func isFound(_ pid: Int) -> Bool {
            if let known = found[pid] { return known }
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            let isOne =
                environment.map { $0.range(of: wanted) != nil }
                ?? (line(of: pid).contains(path) || parent(of: pid).map { $0 != 0 && isFound($0) } ?? false)
            found[pid] = isOne
            return isOne
        }
        return all.filter { isFound($0) && isAlive($0) }
    }

    /// All that can be seen, those that have ended and wait for their parents included.
    static var all: [Int] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int($0) }
    }

    /// The command line of a process, its words apart by spaces; empty where it has ended.
    static func line(of pid: Int) -> String {
        let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
        return String(decoding: bytes.map { $0 == 0 ? UInt8(ascii: " ") : $0 }, as: UTF8.self)
    }

    /// The process that started another, or has adopted it; nil where that has ended.
    static func parent(of pid: Int) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let end = status.lastIndex(of: ")")
        else { return nil }
        return status[end...].split(separator: " ").dropFirst(2).first.flatMap { Int($0) }
    }

    /// The processes that another one has started or adopted, those that have ended and wait for it included.
    static func children(of pid: Int) -> [Int] { all.filter { parent(of: $0) == pid } }

    /// A process that another one has started, by its program's name.
    static func child(of pid: Int, named name: String) -> Int? {
        children(of: pid).first { line(of: $0).prefix { $0 != " " }.hasSuffix("/" + name) }
    }

    /// Whether a process has a handler of its own for a signal.
    static func catches(_ signal: Int32, _ pid: pid_t) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("SigCgt:") }),
            let mask = line.split(separator: "\t").last.flatMap({ UInt64($0, radix: 16) })
        else { return false }
        return mask & (1 << UInt64(signal - 1)) != 0
    }

    /// Whether there is such a process. A zombie has ended: it only waits for its parent to be told.
    static func isAlive(_ pid: Int) -> Bool {
        guard let state = state(of: pid) else { return false }
        return state != "Z" && state != "X"
    }

    /// Whether a process's first thread waits for something.
    static func isAsleep(_ pid: Int) -> Bool { state(of: pid) == "S" }

    /// Whether a signal has stopped all threads of a process.
    static func isStopped(_ pid: Int) -> Bool {
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task")) ?? []
        return !threads.isEmpty && threads.allSatisfy { Int($0).flatMap(state(of:)) == "T" }
    }

    private static func state(of pid: Int) -> Character? {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return nil }
        return status[(status.lastIndex(of: ")") ?? status.startIndex)...].dropFirst(2).first
    }
}
