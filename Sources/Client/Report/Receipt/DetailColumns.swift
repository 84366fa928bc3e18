import Catalogue

/// How people are shown what the tasks of a workload tell of themselves: in the order and the units of its definition. What only
/// the daemon knows comes last, by its name, as mere numbers.
struct DetailColumns {
    private let columns: [Column]

    init(of workload: String) {
        columns = Catalogue.definition(named: workload)?.detail.columns ?? []
    }

    init(_ columns: [Column]) {
        self.columns = columns
    }

    /// The keys of what a task tells, in their order.
    func keys(of detail: [String: Int]) -> [String] {
        let known = columns.map(\.key).filter { detail[$0] != nil }
        return known + detail.keys.filter { !known.contains($0) }.sorted()
    }

    /// A value with its unit.
    func text(_ value: Int, of key: String, _ style: TextStyle) -> String {
        switch columns.first(where: { $0.key == key })?.unit {
        case "ns": style.duration(value)
        case "bytes": Units.bytes(value)
        default: Units.grouped(value)
        }
    }
}
