import Foundation

/// What /proc tells of processes.
enum Processes {
    /// Those that are alive and have `variable` in the environment that they were born with.
    static func with(_ variable: String) -> [Int] {
        let wanted = Data(variable.utf8)
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int($0) }.filter { pid in
            let environment = FileManager.default.contents(atPath: "/proc/\(pid)/environ")
            return environment?.range(of: wanted) != nil && isAlive(pid)
        }
    }

    /// Whether there is such a process. A zombie has ended: it only waits for its parent to be told.
    static func isAlive(_ pid: Int) -> Bool {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
            let state = status[(status.lastIndex(of: ")") ?? status.startIndex)...].dropFirst(2).first
        else { return false }
        return state != "Z" && state != "X"
    }
}
