import Varlink

/// What a metric is.
public enum MetricKind: String, Codable, Sendable, CaseIterable {
    /// It only grows for as long as the daemon runs.
    case counter
    /// As it is now.
    case gauge
    /// Durations by their length.
    case histogram
    /// Always 1; its labels say what there is to say.
    case info
}

/// One series of a metric.
public struct MetricPoint: Codable, Sendable, Equatable {
    public var labels: [String: String]
    /// Nil for a histogram.
    public var value: Double?
    /// How many durations are in each class of a histogram, the last one above all bounds; nil for others.
    public var counts: [Int]?
    /// All durations of a histogram, in seconds; nil for others.
    public var sum: Double?

    public init(_ labels: [String: String] = [:], value: Double) {
        self.labels = labels
        self.value = value
    }

    public init(_ labels: [String: String] = [:], counts: [Int], sum: Double) {
        self.labels = labels
        self.counts = counts
        self.sum = sum
    }
}

/// A metric with all its series.
public struct Metric: Codable, Sendable, Equatable {
    /// As OpenMetrics calls the family: without `_total`, `_bucket` and their like. Ends with the unit, where it has one.
    public var name: String
    public var kind: MetricKind
    /// `seconds` or `bytes`; nil where it counts.
    public var unit: String?
    /// One sentence for people.
    public var help: String
    /// The longest duration in each class of a histogram but the last one, in seconds; nil for others.
    public var bounds: [Double]?
    public var points: [MetricPoint]

    public init(
        _ name: String, _ kind: MetricKind, unit: String? = nil, _ help: String, bounds: [Double]? = nil,
        points: [MetricPoint]
    ) {
        self.name = name
        self.kind = kind
        self.unit = unit
        self.help = help
        self.bounds = bounds
        self.points = points
    }
}

public enum GetMetrics {
    public static let method = "org.pard.Control.GetMetrics"

    public struct Reply: Codable, Sendable, Equatable {
        public var metrics: [Metric]

        public init(metrics: [Metric]) {
            self.metrics = metrics
        }
    }
}

extension GetMetrics.Reply {
    /// The text of the reply. It has a thousand numbers and more, and is asked for every few seconds.
    package var json: [UInt8] {
        var json = JSONWriter(expecting: 1 << 14)
        json.append("{\"metrics\":[")
        json.append(list: metrics) { metric, json in
            json.append("{\"name\":", quoted: metric.name)
            json.append(",\"kind\":", quoted: metric.kind.rawValue)
            json.append(",\"unit\":", quotedOrNull: metric.unit)
            json.append(",\"help\":", quoted: metric.help)
            if let bounds = metric.bounds {
                json.append(",\"bounds\":[")
                json.append(list: bounds) { $1.append($0) }
                json.append("]")
            }
            json.append(",\"points\":[")
            json.append(list: metric.points, one: Self.append)
            json.append("]}")
        }
        json.append("]}")
        return json.bytes
    }

    private static func append(_ point: MetricPoint, to json: inout JSONWriter) {
        json.append("{\"labels\":{")
        json.append(list: point.labels.sorted { $0.key < $1.key }) { label, json in
            json.append(quoted: label.key)
            json.append(":", quoted: label.value)
        }
        json.append("}")
        if let value = point.value { json.append(",\"value\":", fractionOrNull: value) }
        if let counts = point.counts {
            json.append(",\"counts\":[")
            json.append(list: counts) { $1.append($0) }
            json.append("],\"sum\":", fractionOrNull: point.sum)
        }
        json.append("}")
    }
}
