import Control

/// What `parctl run` was asked for: the values of its options, and the workload's words.
struct RunInvocation: Equatable {
    /// The workload and its own options, in their order.
    var words: [String] = []
    var threads: Int?
    var processes: Int?
    var serial = false
    var cold: Cold?
    var tasks: Int?
    /// Nanoseconds.
    var timeout: Int?
    var halt: Halt?
    var records = false
    var charts = Charts()
    /// Whether the receipt is printed as one JSON document.
    var json = false
    var service = Service()

    /// How its options are spelled, but for those of every command; see ``RunCommand``.
    static let words: [OptionWord<RunInvocation>] =
        [
            .value("threads") { $0.threads = try Count.positive($1) },
            .value("processes") { $0.processes = try Count.positive($1) },
            .flag("serial") { $0.serial = true },
            .value("cold", bare: "fresh") { $0.cold = try Choice.read($1) },
            .value("tasks") { $0.tasks = try Count.positive($1) },
            .value("timeout") { $0.timeout = try Count.nanoseconds($1) },
            .value("halt") { $0.halt = try Halt.option($1) },
            .flag("json") { $0.json = true },
            .flag("records") { $0.records = true },
        ] + Charts.words.map { $0.within { try $1(&$0.charts) } }
}
