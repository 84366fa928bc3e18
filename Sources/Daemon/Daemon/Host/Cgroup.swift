/// The cgroups of a process, version 1, 2 or both side by side: where the files of a controller are.
struct Cgroup: Sendable {
    /// A hierarchy as it is mounted, from `/proc/self/mountinfo`.
    private struct Mount {
        /// Which cgroup is seen at the mount point.
        let root: String
        let point: String
        let isUnified: Bool
        /// Version 1: the controllers among the mount's options.
        let options: Set<Substring>
    }

    private let mounts: [Mount]
    /// The process's cgroup by controller; the unified hierarchy's under the empty name.
    private let paths: [Substring: String]

    /// - Parameters:
    ///   - membership: the text of `/proc/self/cgroup`, lines such as `4:pids:/a` and `0::/a/b` (cgroups(7)).
    ///   - mountinfo: the text of `/proc/self/mountinfo` (proc(5)).
    init(membership: String, mountinfo: String) {
        var paths: [Substring: String] = [:]
        for line in membership.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            if parts[1].isEmpty { paths[""] = String(parts[2]) }
            for controller in parts[1].split(separator: ",") { paths[controller] = String(parts[2]) }
        }
        self.paths = paths
        mounts = mountinfo.split(separator: "\n").compactMap { line in
            let parts = line.split(separator: " ")
            guard let dash = parts.firstIndex(of: "-"), parts.count > dash + 3, dash > 4 else { return nil }
            guard parts[dash + 1] == "cgroup2" || parts[dash + 1] == "cgroup" else { return nil }
            return Mount(
                root: String(parts[3]), point: String(parts[4]), isUnified: parts[dash + 1] == "cgroup2",
                options: Set(parts[dash + 3].split(separator: ",")))
        }
    }

    /// The directories with the controller's files that bear on the process: its own cgroup's, then those above it.
    func directories(of controller: String) -> [String] {
        let name = Substring(controller)
        if let mount = mounts.first(where: { !$0.isUnified && $0.options.contains(name) }), let path = paths[name] {
            return directories(path, in: mount)
        }
        guard let mount = mounts.first(where: \.isUnified), let path = paths[""] else { return [] }
        return directories(path, in: mount)
    }

    private func directories(_ path: String, in mount: Mount) -> [String] {
        let root = mount.root == "/" ? "" : mount.root
        let isBelow = path == root || path.hasPrefix("\(root)/")
        var parts = isBelow ? path.dropFirst(root.count).split(separator: "/") : []
        var directories: [String] = []
        while true {
            directories.append(([mount.point] + parts.map(String.init)).joined(separator: "/"))
            if parts.popLast() == nil { return directories }
        }
    }
}
