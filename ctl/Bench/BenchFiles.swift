import Report

/// The files that a bench is written to, opened before anything is run.
struct BenchFiles: ~Copyable {
    enum Kind { case svg, html, json, csv, markdown, asciidoc }

    private var svg: ExportFile?
    private var html: ExportFile?
    private var json: ExportFile?
    private var csv: ExportFile?
    private var markdown: ExportFile?
    private var asciidoc: ExportFile?

    /// Throws ``CommandError/export(path:errno:)`` for the first that can't be written.
    init(_ shown: BenchShown) throws(CommandError) {
        svg = nil
        html = nil
        json = nil
        csv = nil
        markdown = nil
        asciidoc = nil
        for (kind, path) in shown.files {
            switch kind {
            case .svg: svg = try ExportFile(path)
            case .html: html = try ExportFile(path)
            case .json: json = try ExportFile(path)
            case .csv: csv = try ExportFile(path)
            case .markdown: markdown = try ExportFile(path)
            case .asciidoc: asciidoc = try ExportFile(path)
            }
        }
    }

    /// Writes all of them. One that can't be written doesn't keep the others from being; throws the first fault.
    mutating func write(_ bench: Bench, style: TextStyle) throws(CommandError) {
        var first: CommandError?
        let table = BenchTable(
            bench, style: TextStyle(color: false, unicode: true, width: style.width), showsPhases: true,
            showsMeans: true)
        let data = BenchData(bench)
        if svg != nil {
            do { try svg?.write(Array(BenchSVG(bench).text.utf8)) } catch { first = first ?? error }
        }
        if html != nil {
            do { try html?.write(Array(Page(of: bench, note: LocalTime.now).text.utf8)) } catch {
                first = first ?? error
            }
        }
        if json != nil {
            do { try json?.write(StandardOutput.json(data, pretty: true) + [UInt8(ascii: "\n")]) } catch {
                first = first ?? error
            }
        }
        if csv != nil { do { try csv?.write(Array(data.csv.utf8)) } catch { first = first ?? error } }
        if markdown != nil { do { try markdown?.write(Array(table.markdown.utf8)) } catch { first = first ?? error } }
        if asciidoc != nil { do { try asciidoc?.write(Array(table.asciidoc.utf8)) } catch { first = first ?? error } }
        if let first { throw first }
    }
}
