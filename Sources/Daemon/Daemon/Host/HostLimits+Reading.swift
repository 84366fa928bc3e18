import Glibc
import Linux

extension HostLimits {
    /// The limits of this process as they are now.
    public static func current() -> HostLimits {
        var limits = HostLimits(processors: Processors.available, files: contents)
        limits.userTasks = getuid() == 0 ? nil : resourceLimit(__RLIMIT_NPROC)
        let pages = sysconf(Int32(_SC_PHYS_PAGES))
        limits.physicalBytes = pages > 0 ? pages * sysconf(Int32(_SC_PAGESIZE)) : nil
        limits.openFiles = resourceLimit(RLIMIT_NOFILE).map { $0 - inheritedFiles }
        return limits
    }

    /// The limits of the cgroups. Where several cgroups set one, the lowest counts.
    ///
    /// - Parameter files: a file's text; nil where there is none.
    init(processors: Int, files: (String) -> String?) {
        self.init(processors: processors)
        let cgroup = Cgroup(
            membership: files("/proc/self/cgroup") ?? "", mountinfo: files("/proc/self/mountinfo") ?? "")
        func lowest<Value: Comparable>(_ controller: String, _ read: (String) -> Value?) -> Value? {
            cgroup.directories(of: controller).compactMap(read).min()
        }
        tasks = lowest("pids") { Self.number(files("\($0)/pids.max")) }
        memoryBytes = lowest("memory") {
            Self.number(files("\($0)/memory.max") ?? files("\($0)/memory.limit_in_bytes"))
        }
        processorQuota = lowest("cpu") { directory in
            // Version 2: quota and period in one file; version 1: one each, the quota -1 for none. In microseconds.
            let both = files("\(directory)/cpu.max")?.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let quota = Self.number(both?.first ?? files("\(directory)/cpu.cfs_quota_us")),
                let period = Self.number(both?.last ?? files("\(directory)/cpu.cfs_period_us")), period > 0
            else { return nil }
            return Double(quota) / Double(period)
        }
    }

    /// A limit's number; nil for `max`, for -1, and for those far above anything real by which version 1 says no limit.
    private static func number(_ text: String?) -> Int? {
        let words = text?.split(whereSeparator: \.isWhitespace)
        guard let number = words?.first.flatMap({ Int($0) }), (0..<(1 << 60)).contains(number) else { return nil }
        return number
    }

    /// The soft limit, which is the one that counts; nil for none.
    private static func resourceLimit(_ resource: __rlimit_resource) -> Int? {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(resource.rawValue), &limit) == 0, limit.rlim_cur < 1 << 40 else {
            return nil
        }
        return Int(limit.rlim_cur)
    }

    /// Descriptors beside 0 to 2 that were left open in this process when it was started. Its own ones end at exec(2).
    private static var inheritedFiles: Int {
        Folder.names(in: "/proc/self/fd").count { name in
            guard let descriptor = Int32(name), descriptor > STDERR_FILENO else { return false }
            let flags = fcntl(descriptor, F_GETFD)
            return flags >= 0 && flags & FD_CLOEXEC == 0
        }
    }

    /// The longest file that is read, in bytes: a host may have thousands of mounts, each a line.
    private static let fileBytes = 16 << 20

    /// The text of a file; nil where it can't be read.
    private static func contents(_ path: String) -> String? {
        (try? readFile(path, atMost: fileBytes)).map { String(decoding: $0, as: UTF8.self) }
    }
}
