import Control
import Experiments
import Glibc
import Timing

/// What a bench's figures look like: task times warm over cold, what a cold pool costs by the number of tasks, and speed by
/// the number of workers.
struct BenchPlots: Sendable {
    let bench: Bench

    /// One picture with what it is of, and what its marks mean.
    struct Picture {
        let title: String
        let legend: [(name: String, words: String)]
        let markup: String
    }

    private var style: TextStyle { Markup.style }

    private func title(_ variant: Int, _ name: String) -> String {
        bench.variants.count > 1 ? "\(bench.variants[variant].name), \(name)" : name
    }

    private func colds(_ variant: Int, _ arm: Arm) -> [Bench.Cell] {
        bench.cells.filter { $0.variant == variant && $0.arm == arm && $0.kind != .warm }
    }

    private static func words(_ kind: Bench.Kind) -> String {
        switch kind {
        case .warm: "warm"
        case .fresh: "fresh threads or forks"
        case .exec: "programs started anew"
        }
    }

    // MARK: Histograms

    private static let bins = 48

    /// For each arrangement, warm tasks upwards and cold ones downwards, all on one axis.
    var histograms: [Picture] {
        var distributions: [Bench.Cell: Distribution] = [:]
        for cell in bench.cells { distributions[cell] = bench.experiment.distribution(of: cell, \.task) }
        let all = distributions.values.filter { !$0.isEmpty }
        // What is rarer than one in a thousand would make the axis too long to see the rest.
        let ends = all.map { $0.percentiles([0.05, 99.9]) }
        guard let least = ends.map({ $0[0] }).min(), let most = ends.map({ $0[1] }).max() else { return [] }
        let low = max(Double(least), 1) * 0.98
        let high = max(Double(most) * 1.02, low * 1.05)
        let x = Plot.Axis(low: low, high: high, isLogarithmic: high > low * 4)
        return bench.variants.indices.flatMap { variant in
            bench.arms.compactMap { arm in
                histogram(variant, arm, x) { distributions[$0] ?? Distribution() }
            }
        }
    }

    private func histogram(
        _ variant: Int, _ arm: Arm, _ x: Plot.Axis, _ distribution: (Bench.Cell) -> Distribution
    ) -> Picture? {
        let warm = Bench.Cell(variant: variant, arm: arm, kind: .warm)
        let above = counts(distribution(warm), x)
        let colds = colds(variant, arm)
        let below = colds.map { counts(distribution($0), x) }
        let most = max((above + below.flatMap { $0 }).max() ?? 0, 1e-9)
        guard above.contains(where: { $0 > 0 }) else { return nil }
        let plot = Plot(
            x: x, y: Plot.Axis(low: colds.isEmpty ? 0 : -most, high: most, isLogarithmic: false))
        var markup = plot.axes("time of a task", x: { time($0) }) { "\(Int((abs($0) * 100).rounded())) %" }
        let edges = Self.edges(x)
        for (bin, share) in above.enumerated() where share > 0 {
            markup += plot.bar(
                x: edges[bin], edges[bin + 1], from: 0, to: share, "warm", title: label(share, edges, bin, .warm))
        }
        for (place, counts) in below.enumerated() {
            for (bin, share) in counts.enumerated() where share > 0 {
                // Side by side where there are two kinds of cold ones.
                let width = (edges[bin + 1] - edges[bin]) / Double(below.count)
                let left = edges[bin] + Double(place) * width
                markup += plot.bar(
                    x: left, left + width, from: 0, to: -share, colds[place].kind.rawValue,
                    title: label(share, edges, bin, colds[place].kind))
            }
        }
        if !colds.isEmpty { markup += plot.rule(y: 0) }
        return Picture(
            title: title(variant, arm.name),
            legend: ([Bench.Kind.warm] + colds.map(\.kind)).map { ($0.rawValue, Self.words($0)) }, markup: markup)
    }

    private func label(_ share: Double, _ edges: [Double], _ bin: Int, _ kind: Bench.Kind) -> String {
        "\(Units.fixed(share * 100, decimals: 1)) % of tasks, \(Self.words(kind)): \(time(edges[bin])) to \(time(edges[bin + 1]))"
    }

    private static func edges(_ x: Plot.Axis) -> [Double] {
        (0...bins).map { bin in
            let share = Double(bin) / Double(bins)
            return x.isLogarithmic ? x.low * pow(x.high / x.low, share) : x.low + (x.high - x.low) * share
        }
    }

    /// The share of all tasks in each bin.
    private func counts(_ distribution: Distribution, _ x: Plot.Axis) -> [Double] {
        var counts = [Double](repeating: 0, count: Self.bins)
        let total = Double(distribution.count)
        for bucket in distribution.buckets {
            let place = Int(x.share(Double(bucket.middle)) * Double(Self.bins))
            counts[min(max(place, 0), Self.bins - 1)] += Double(bucket.count) / total
        }
        return counts
    }

    // MARK: Break-even

    /// For each arrangement with cold runs, the share of the run that starting the pool is, by the number of tasks.
    var breakEvens: [Picture] {
        bench.variants.indices.flatMap { variant in bench.arms.compactMap { breakEven(variant, $0) } }
    }

    private func breakEven(_ variant: Int, _ arm: Arm) -> Picture? {
        let cells = colds(variant, arm).filter { (bench.breakEven($0, share: 0.01)?.tasks.median ?? 0) > 0 }
        guard !cells.isEmpty else { return nil }
        let most = cells.compactMap { bench.breakEven($0, share: 0.01)?.tasks.median }.max() ?? 100
        let plot = Plot(
            x: Plot.Axis(low: 1, high: max(pow(10, ceil(log10(most * 1.5))), 100), isLogarithmic: true),
            y: Plot.Axis(low: 0.001, high: 1, isLogarithmic: true))
        var markup = plot.axes("number of such tasks", x: { Units.grouped(Int($0.rounded())) }) { percent($0) }
        for share in BreakEven.shares { markup += plot.rule(y: share) }
        for cell in cells {
            guard let tenth = bench.breakEven(cell, share: 0.1) else { continue }
            // The cost in tasks: at ten percent it is a ninth of the work.
            let cost = tenth.tasks.median / 9
            let points = stride(from: 0.0, through: 1, by: 1.0 / 120).map { share -> (x: Double, y: Double) in
                let tasks = plot.x.low * pow(plot.x.high / plot.x.low, share)
                return (tasks, cost / (cost + tasks))
            }
            markup += plot.line(points, cell.kind.rawValue)
            for share in BreakEven.shares {
                guard let one = bench.breakEven(cell, share: share) else { continue }
                let ends = one.tasks.interval.map { ($0.low, $0.high) } ?? (one.tasks.median, one.tasks.median)
                markup += plot.flat(
                    ends, y: share, cell.kind.rawValue,
                    title:
                        "\(Self.words(cell.kind)): under \(percent(share)) from \(count(one.tasks.median)) such tasks on "
                        + "(\(count(ends.0)) to \(count(ends.1)))")
            }
        }
        return Picture(
            title: title(variant, arm.name), legend: cells.map { ($0.kind.rawValue, Self.words($0.kind)) },
            markup: markup)
    }

    // MARK: Scaling

    /// Speed by the number of workers, for threads and for processes, with what was fitted to it.
    var scalings: [Picture] {
        guard bench.isSweep else { return [] }
        return bench.variants.indices.flatMap { variant in
            [Mode.threads, .processes].compactMap { scaling(variant, $0) }
        }
    }

    private func scaling(_ variant: Int, _ mode: Mode) -> Picture? {
        guard bench.arms.contains(where: { $0.mode == mode }),
            let (workers, rounds) = bench.speeds(mode, variant: variant), !rounds.isEmpty
        else { return nil }
        let estimates = workers.indices.map { place in
            Estimate(rounds.compactMap { $0[0] > 0 ? $0[place] / $0[0] : nil })
        }
        let most = estimates.compactMap { $0.map { $0.interval?.high ?? $0.median } }.max() ?? 1
        let (first, last) = (Double(workers[0]), Double(workers[workers.count - 1]))
        let plot = Plot(
            x: Plot.Axis(low: 0, high: last * 1.03, isLogarithmic: false),
            y: Plot.Axis(low: 0, high: most * 1.2, isLogarithmic: false))
        var markup = plot.axes(mode == .threads ? "threads" : "processes", x: { count($0) }) {
            "\(Units.fixed($0, decimals: most < 3 ? 1 : 0))×"
        }
        var legend = [("warm", "measured, with 95 % intervals"), ("ideal", "as fast as workers are many")]
        let steps = stride(from: first, through: last, by: max((last - first) / 100, 1e-9)).map { $0 }
        markup += plot.line(steps.map { ($0, $0 / first) }, "ideal")
        for (law, name, words) in [
            (Scaling.Law.amdahl, "fresh", "Amdahl's law"), (.usl, "exec", "Universal Scalability Law"),
        ] {
            guard let fit = try? Scaling(law, workers: workers, rounds: rounds) else { continue }
            let base = fit.speed(with: first)
            markup += plot.line(steps.map { ($0, fit.speed(with: $0) / base) }, name)
            legend.append((name, words))
        }
        for (place, estimate) in estimates.enumerated() {
            guard let estimate else { continue }
            markup += plot.point(
                (Double(workers[place]), estimate.median), estimate.interval.map { ($0.low, $0.high) }, "warm",
                title: "\(Units.counted(workers[place], mode == .threads ? "thread" : "process")): "
                    + "\(Units.threeDigits(estimate.median)) times as fast as \(workers[0])")
        }
        return Picture(
            title: title(variant, mode == .threads ? "threads" : "processes"), legend: legend, markup: markup)
    }

    private func time(_ value: Double) -> String { style.duration(Int(value.rounded())) }
    private func count(_ value: Double) -> String { Units.grouped(Int(min(value, 1e15).rounded(.up))) }
    private func percent(_ share: Double) -> String {
        "\(Units.fixed(share * 100, decimals: share < 0.01 ? 1 : 0)) %"
    }

    /// How the marks look, on a page and in a picture.
    static let plotStyle = """
        .curve{fill:none;stroke-width:2}.curve.ideal{stroke:var(--soft);stroke-dasharray:2 3;stroke-width:1.2}
        .warm{fill:var(--even)}.fresh{fill:var(--start)}.exec{fill:var(--bad)}.ideal{fill:var(--soft)}
        .curve.fresh{fill:none;stroke:var(--start)}.curve.exec{fill:none;stroke:var(--bad);stroke-dasharray:6 3}
        .range.warm{stroke:var(--even)}.range.fresh{stroke:var(--start)}.range.exec{stroke:var(--bad)}
        .dot{fill:var(--paper);stroke-width:2.5}.dot.warm{stroke:var(--even)}.flat{opacity:.45}
        .one{stroke:var(--soft);stroke-dasharray:2 2}.range{stroke-width:2.5;stroke-linecap:round}

        """
}

/// A bench's plots as one SVG picture, one below the other.
public struct BenchSVG: Sendable {
    let bench: Bench

    public init(_ bench: Bench) {
        self.bench = bench
    }

    private static let columns = 2

    public var text: String {
        let plots = BenchPlots(bench: bench)
        let groups = [
            ("How long tasks took, warm upwards and cold downwards", plots.histograms),
            ("What starting the pool costs, of the whole run", plots.breakEvens),
            ("Speed by the number of workers", plots.scalings),
        ].filter { !$0.1.isEmpty }
        let width = Int(Plot.width) * Self.columns + 48
        let title = Markup.escaped(bench.command)
        var body = text(title, 16, 28, "title")
        var y = 48
        for (words, pictures) in groups {
            body += text(words, 16, y + 14, "caption")
            y += 26
            for (place, picture) in pictures.enumerated() {
                let x = 16 + place % Self.columns * (Int(Plot.width) + 16)
                body += text(Markup.escaped(picture.title), x, y + 14, "caption")
                var offset = x
                for entry in picture.legend {
                    body +=
                        "<rect class=\"\(entry.name)\" x=\"\(offset)\" y=\"\(y + 22)\" width=\"12\" height=\"10\"/>"
                        + text(entry.words, offset + 17, y + 32, "note")
                    offset += 30 + 7 * entry.words.count
                }
                body +=
                    "<svg x=\"\(x)\" y=\"\(y + 38)\" width=\"\(Int(Plot.width))\" height=\"\(Int(Plot.height))\">\n"
                    + picture.markup + "</svg>\n"
                if place % Self.columns == Self.columns - 1 || place == pictures.count - 1 {
                    y += Int(Plot.height) + 54
                }
            }
        }
        return """
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(y + 8)" viewBox="0 0 \(width) \(y + 8)" \
            role="img" aria-label="\(title)">
            <style>\(TimelineSVG.colors)\(TimelineSVG.plotStyle)\(BenchPlots.plotStyle)\(TimelineSVG.textStyle)</style>
            <rect class="paper" width="100%" height="100%"/>
            \(body)</svg>

            """
    }

    private func text(_ text: String, _ x: Int, _ y: Int, _ name: String) -> String {
        "<text class=\"\(name)\" x=\"\(x)\" y=\"\(y)\">\(text)</text>\n"
    }
}
