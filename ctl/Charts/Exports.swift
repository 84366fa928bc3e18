import Report

/// The files that a command's charts go to, all of them open.
struct Exports: ~Copyable {
    private var svg: ExportFile?
    private var html: ExportFile?
    private var trace: ExportFile?

    /// Opens every file that `options` name. Throws ``CommandError/export(path:errno:)`` for the first that can't be written.
    init(_ options: Charts) throws(CommandError) {
        svg = nil
        html = nil
        trace = nil
        if let path = options.svg { svg = try ExportFile(path) }
        if let path = options.html { html = try ExportFile(path) }
        if let path = options.trace { trace = try ExportFile(path) }
    }

    /// Writes `page` and its runs' timelines. One file that can't be written doesn't keep the others from being; throws the
    /// first ``CommandError``.
    mutating func write(_ page: Page) throws(CommandError) {
        var first: CommandError?
        if svg != nil {
            do { try svg?.write(Array(TimelineSVG(page.runs, title: page.title).text.utf8)) } catch { first = error }
        }
        if html != nil {
            do { try html?.write(Array(page.text.utf8)) } catch { first = first ?? error }
        }
        if trace != nil {
            do { try writeTrace(page.runs) } catch { first = first ?? error }
        }
        if let first { throw first }
    }

    private mutating func writeTrace(_ runs: [RecordedRun]) throws(CommandError) {
        try TraceEvents(runs).write { (bytes: [UInt8]) throws(CommandError) in try trace?.write(bytes) }
    }
}
