import Glibc

/// A plot with two axes, as the inside of an SVG picture: it is as large as its place lets it be.
struct Plot: Sendable {
    /// One axis: what it spans, and whether by powers.
    struct Axis: Sendable {
        let low: Double
        let high: Double
        let isLogarithmic: Bool

        /// Where `value` lies, 0…1 for what is within.
        func share(_ value: Double) -> Double {
            guard high > low else { return 0 }
            guard isLogarithmic else { return (value - low) / (high - low) }
            return (log(max(value, low / 10)) - log(low)) / (log(high) - log(low))
        }

        /// Powers of ten within; where they are few, with their doubles and fivefolds.
        private var powers: [Double] {
            let steps = high / low < 100 ? [1.0, 2, 5] : [1.0]
            var marks: [Double] = []
            var power = pow(10, floor(log10(low)))
            while power <= high {
                marks += steps.map { $0 * power }.filter { $0 >= low * 0.9999 && $0 <= high * 1.0001 }
                power *= 10
            }
            return marks
        }

        /// Powers, or a few even steps.
        var marks: [Double] {
            if isLogarithmic { return powers }
            let rough = (high - low) / 5
            let power = pow(10, floor(log10(max(rough, 1e-12))))
            let step = [1, 2, 5, 10].map { $0 * power }.first { $0 >= rough } ?? rough
            var marks: [Double] = []
            var mark = ceil(low / step) * step
            while mark <= high + step * 1e-6 {
                marks.append(mark)
                mark += step
            }
            return marks
        }
    }

    let x: Axis
    let y: Axis

    static let width = 420.0
    static let height = 230.0
    private static let (left, right, top, bottom) = (46.0, 14.0, 12.0, 36.0)

    func place(x value: Double) -> Double {
        Self.left + min(max(x.share(value), 0), 1) * (Self.width - Self.left - Self.right)
    }

    func place(y value: Double) -> Double {
        Self.height - Self.bottom - min(max(y.share(value), 0), 1) * (Self.height - Self.top - Self.bottom)
    }

    /// The grid with its labels, and below it what the axis at the bottom is of.
    func axes(_ title: String, x xLabel: (Double) -> String, y yLabel: (Double) -> String) -> String {
        var markup = ""
        let floor = Self.height - Self.bottom
        for mark in y.marks {
            let place = Self.number(place(y: mark))
            markup +=
                "<line class=\"grid\" x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - Self.right))\" "
                + "y1=\"\(place)\" y2=\"\(place)\"/>"
                + text(yLabel(mark), Self.left - 6, self.place(y: mark) + 4, "name")
        }
        for mark in x.marks {
            let place = Self.number(place(x: mark))
            markup +=
                "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"\(Self.number(floor))\" y2=\"\(Self.number(floor + 4))\"/>"
                + label(xLabel(mark), self.place(x: mark), floor + 16)
        }
        return markup + text(title, (Self.left + Self.width - Self.right) / 2, Self.height - 4, "mark")
    }

    /// A mark's label, which at the right edge ends there rather than beyond it.
    private func label(_ text: String, _ x: Double, _ y: Double) -> String {
        let isLast = x > Self.width - Self.right - 14
        return self.text(text, isLast ? Self.width - 2 : x, y, isLast ? "name" : "mark")
    }

    /// A line through points, of which those beyond the axes are left out.
    func line(_ points: [(x: Double, y: Double)], _ name: String) -> String {
        let inside = points.filter {
            (-1e-6...1.000001).contains(x.share($0.x)) && (-1e-6...1.000001).contains(y.share($0.y))
        }
        guard inside.count > 1 else { return "" }
        let places = inside.map { "\(Self.number(place(x: $0.x))),\(Self.number(place(y: $0.y)))" }
        return "<polyline class=\"curve \(name)\" points=\"\(places.joined(separator: " "))\"/>\n"
    }

    /// A point with its interval, upright.
    func point(_ at: (x: Double, y: Double), _ interval: (low: Double, high: Double)?, _ name: String, title: String)
        -> String
    {
        let (x, y) = (Self.number(place(x: at.x)), Self.number(place(y: at.y)))
        let range = interval.map {
            "<line class=\"range \(name)\" x1=\"\(x)\" x2=\"\(x)\" y1=\"\(Self.number(place(y: $0.low)))\" "
                + "y2=\"\(Self.number(place(y: $0.high)))\"/>"
        }
        return (range ?? "")
            + "<circle class=\"bar dot \(name)\" cx=\"\(x)\" cy=\"\(y)\" r=\"4\" tabindex=\"-1\" role=\"img\"><title>"
            + "\(Markup.escaped(title))</title></circle>\n"
    }

    /// An interval that lies flat, at the height `y`.
    func flat(_ interval: (low: Double, high: Double), y: Double, _ name: String, title: String) -> String {
        let height = Self.number(place(y: y))
        let (low, high) = (place(x: interval.low), place(x: interval.high))
        return
            "<rect class=\"bar flat \(name)\" x=\"\(Self.number(low - 2))\" width=\"\(Self.number(max(high - low, 0) + 4))\" "
            + "y=\"\(Self.number(place(y: y) - 4))\" height=\"8\" rx=\"3\" tabindex=\"-1\" role=\"img\"><title>"
            + "\(Markup.escaped(title))</title></rect><line class=\"range \(name)\" x1=\"\(Self.number(low))\" "
            + "x2=\"\(Self.number(high))\" y1=\"\(height)\" y2=\"\(height)\"/>\n"
    }

    func rule(y value: Double) -> String {
        let place = Self.number(place(y: value))
        return "<line class=\"one\" x1=\"\(Self.number(Self.left))\" x2=\"\(Self.number(Self.width - Self.right))\" "
            + "y1=\"\(place)\" y2=\"\(place)\"/>"
    }

    func bar(x low: Double, _ high: Double, from start: Double, to end: Double, _ name: String, title: String) -> String
    {
        let (left, right) = (place(x: low), place(x: high))
        let (above, below) = (min(place(y: start), place(y: end)), max(place(y: start), place(y: end)))
        return
            "<rect class=\"bar \(name)\" x=\"\(Self.number(left))\" width=\"\(Self.number(max(right - left - 0.6, 0.8)))\" "
            + "y=\"\(Self.number(above))\" height=\"\(Self.number(max(below - above, 1)))\" tabindex=\"-1\" role=\"img\">"
            + "<title>\(Markup.escaped(title))</title></rect>\n"
    }

    func text(_ text: String, _ x: Double, _ y: Double, _ name: String) -> String {
        "<text class=\"\(name)\" x=\"\(Self.number(x))\" y=\"\(Self.number(y))\">\(Markup.escaped(text))</text>\n"
    }

    static func number(_ value: Double) -> String { Units.fixed(value, decimals: 1) }
}
