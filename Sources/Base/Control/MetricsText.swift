/// Metrics as text, for programs that gather them.
public struct MetricsText: Sendable {
    /// How they are written.
    public enum Format: String, Sendable, CaseIterable {
        /// OpenMetrics 1.0 (github.com/prometheus/OpenMetrics).
        case openmetrics
        /// The older text format of Prometheus, 0.0.4, which `promtool check metrics` reads.
        case prometheus

        /// As HTTP names it.
        public var contentType: String {
            switch self {
            case .openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
            case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
            }
        }
    }

    private let format: Format
    private var bytes: [UInt8] = []

    /// The text of `metrics`, each line ended. One that has no series is left out.
    public static func bytes(_ metrics: [Metric], _ format: Format) -> [UInt8] {
        var text = MetricsText(format: format)
        for metric in metrics where !metric.points.isEmpty { text.append(metric) }
        if format == .openmetrics { text.append("# EOF\n") }
        return text.bytes
    }

    private init(format: Format) {
        self.format = format
        bytes.reserveCapacity(1 << 15)
    }

    private mutating func append(_ metric: Metric) {
        let isOpen = format == .openmetrics
        let sample = metric.name + suffix(metric.kind)
        // The older format describes what stands in the samples, and knows no info.
        let family = isOpen || metric.kind == .histogram ? metric.name : sample
        let kind = !isOpen && metric.kind == .info ? MetricKind.gauge : metric.kind
        append("# TYPE \(family) \(kind.rawValue)\n")
        if isOpen, let unit = metric.unit { append("# UNIT \(family) \(unit)\n") }
        append("# HELP \(family) \(Self.escaped(metric.help, quotes: isOpen))\n")
        for point in metric.points {
            let labels = point.labels.sorted { $0.key < $1.key }.map {
                "\($0.key)=\"\(Self.escaped($0.value, quotes: true))\""
            }
            if let value = point.value {
                line(sample, labels, Self.number(value))
            } else if let counts = point.counts {
                append(counts, bounds: metric.bounds ?? [], sum: point.sum ?? 0, of: metric.name, labels)
            }
        }
    }

    /// The classes of a histogram, each with those before it, as both formats have them.
    private mutating func append(
        _ counts: [Int], bounds: [Double], sum: Double, of name: String, _ labels: [String]
    ) {
        var total = 0
        for (place, count) in counts.enumerated() {
            total += count
            let bound = place < bounds.count ? bounds[place].description : "+Inf"
            line(name + "_bucket", labels + ["le=\"\(bound)\""], "\(total)")
        }
        line(name + "_sum", labels, Self.number(sum))
        line(name + "_count", labels, "\(total)")
    }

    private func suffix(_ kind: MetricKind) -> String {
        switch kind {
        case .counter: "_total"
        case .info: "_info"
        case .gauge, .histogram: ""
        }
    }

    private mutating func line(_ name: String, _ labels: [String], _ value: String) {
        append(labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels.joined(separator: ","))} \(value)\n")
    }

    private mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

    /// Whole numbers without a point.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : value.description
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        guard text.utf8.contains(where: { $0 == 0x5C || $0 == 0x0A || $0 == 0x22 }) else { return text }
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
