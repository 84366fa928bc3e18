import Catalogue

/// The parts of `parctl run --help` that come from the catalogue.
enum RunHelp {
    static let discussion = """
        The receipt says where the time went: queue, start-up, dispatch, run, collect and teardown add up to the \
        elapsed time exactly. Without --threads, --processes or --serial the daemon chooses the workers.

        WORKLOADS (see 'parctl run <workload> --help'):
        \(workloads)

        JSON has times in nanoseconds and sizes in bytes, whatever a key is called, and counts tasks and workers from 0; texts \
        and pictures count both from 1. 'start' and 'stop' of a record count from the run's acceptance.

        EXAMPLES:
          parctl run io --threads 4
          parctl run io --size 64MiB --fsync --processes 2 --tasks 8
          parctl run cpu --iterations 1_000_000 --processes 2 --json
          parctl run noop --tasks 1000000 --threads 2 --cold
          parctl run download --from urls.txt --threads 8 --output pages
          parctl run exec --threads 4 gzip -k {} ::: *.log
          parctl run native ./libmine.so:work --threads 2 --from items.txt
          parctl run cpu --threads 4 --timeline --html run.html
        """

    /// One line a workload, with its options and their defaults.
    static var workloads: String {
        Catalogue.all.map { definition in
            let options = definition.options.map { option in
                option.kind == .flag
                    ? " [--\(option.name)]" : " [--\(option.name) \(option.value ?? "<\(option.kind.rawValue)>")]"
            }
            return "  \(definition.name)\(options.joined())\n      \(definition.summary)"
        }.joined(separator: "\n")
    }
}
