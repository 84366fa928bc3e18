/// Commands over a list, beside the tool that only runs them: `exec` also times each, keeps its output apart and records.
enum Commands {
    private static let list = "seq 500"

    static func rows(_ bench: Bench) -> [Row] {
        let peer = "xargs -P2 -n1"
        return [("threads", "--threads"), ("processes", "--processes")].map { name, option in
            let parctl = "\(bench.daemon.parctl) --socket \(bench.daemon.socket) run exec -q \(option) 2 true"
            return Row(
                "11 true for each of 500 arguments, 2 \(name)", targets: [.atMost(1, times: peer)],
                [
                    Contestant("par") { try shell(bench, "\(list) | \(parctl)") },
                    Contestant(peer) { try shell(bench, "\(list) | xargs -P2 -n1 true") },
                    tool(bench, "parallel -j2", "parallel", "\(list) | parallel -j2 true"),
                    tool(bench, "rush -j2", "rush", "\(list) | rush -j2 true"),
                ])
        }
    }

    /// One that may not be here.
    private static func tool(_ bench: Bench, _ name: String, _ program: String, _ line: String) -> Contestant {
        Contestant(name) { Environment.find(program) == nil ? [] : try shell(bench, line) }
    }

    /// Nanoseconds of a whole command line.
    private static func shell(_ bench: Bench, _ line: String) throws -> [Double] {
        try bench.limits.ask("run", "1", "/bin/sh", "-c", line)
    }
}
