import Control

/// The workloads and their options.
public struct WorkloadList: Sendable {
    let workloads: [WorkloadDescription]
    let style: TextStyle

    public init(_ workloads: [WorkloadDescription], style: TextStyle) {
        self.workloads = workloads
        self.style = style
    }

    /// Every workload with its line and its options, each line ended.
    public var text: String {
        let width = workloads.reduce(0) { max($0, $1.name.count) }
        return workloads.map { workload in
            let name = style.clean(workload.name)
            let title = style.paint(name, .bold) + String(repeating: " ", count: max(width - name.count, 0) + 2)
            return title + style.clean(workload.summary) + "\n"
                + options(of: workload, indent: width + 2).map { $0 + "\n" }.joined()
        }.joined()
    }

    /// One workload at length: its line, how it is called, what it does, its options.
    ///
    /// - Parameter usage: the command line that runs it.
    public static func page(_ workload: WorkloadDescription, usage: String? = nil, style: TextStyle) -> String {
        let list = WorkloadList([workload], style: style)
        let detail = list.style.flow(words: style.clean(workload.detail))
        let options = list.options(of: workload, indent: 2)
        let title = style.paint(style.clean(workload.name), .bold) + ": " + style.clean(workload.summary)
        let call = usage.map { ["Usage: \($0)", ""] } ?? []
        let columns = (workload.columns ?? []).map {
            style.clean($0.key) + ($0.unit.map { " (\(style.clean($0)))" } ?? "")
        }
        let told =
            columns.isEmpty ? [] : [""] + style.flow(words: "A record tells " + columns.joined(separator: ", ") + ".")
        let taken = options.isEmpty ? ["It takes no options of its own."] : options
        return ([title, ""] + call + detail + [""] + taken + told).joined(separator: "\n") + "\n"
    }

    private func options(of workload: WorkloadDescription, indent: Int) -> [String] {
        var table = Table([.left(""), .left("")], indent: indent)
        for option in workload.options {
            let value = option.kind == "flag" ? "" : " <\(style.clean(option.kind))>"
            let summary = style.clean(option.summary) + (option.value.map { " (default: \(style.clean($0)))" } ?? "")
            table.rows.append([.init("--\(style.clean(option.name))\(value)", .cyan), .init(summary)])
        }
        return table.lines(style)
    }
}

extension TextStyle {
    /// `text` in lines of whole words, of at most `width` columns where words allow it.
    public func flow(words text: String, width: Int? = nil) -> [String] {
        let width = width ?? min(self.width, 100)
        var lines: [String] = []
        var line = ""
        for word in Self.words(text) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        return line.isEmpty ? lines : lines + [line]
    }

    /// The words of `text`; a number and what stands behind it, such as its unit, are one.
    private static func words(_ text: String) -> [Substring] {
        var words: [Substring] = []
        var isNumber = false
        for word in text.split(separator: " ") {
            if isNumber, let last = words.last, word.count <= 6 {
                words[words.count - 1] = text[last.startIndex..<word.endIndex]
            } else {
                words.append(word)
            }
            isNumber = word.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2C }
        }
        return words
    }
}
