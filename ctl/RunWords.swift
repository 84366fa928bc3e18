import Catalogue

/// The words of a command line that belong to a workload: which one, its options, and what its tasks are given.
struct RunWords: Equatable {
    let entry: Entry
    /// The options for the daemon, as typed, except that paths are absolute.
    var arguments: [String: String] = [:]
    /// The options that this program sees to, likewise, each as often as it was given; a flag is `true`.
    var client: [String: [String]] = [:]
    /// What follows the options: commands, arguments, addresses.
    var operands: [String] = []
}
