import Control
import Varlink

/// Runs as Chrome trace events, which Perfetto and chrome://tracing open: one process for each run with its phases, and the
/// workers' own processes and threads with a slice for each task.
///
/// The format is the JSON object form of the Trace Event Format: complete events (`X`), metadata (`M`) and instants (`i`),
/// with times in microseconds. Several runs follow one another, in the order given and not at the times they had.
public struct TraceEvents: Sendable {
    let runs: [RecordedRun]
    /// Nanoseconds at which each run begins.
    private let offsets: [Int]

    /// Bytes that are handed over at once.
    private static let chunk = 1 << 18
    /// The first pid that Linux never gives: 2²² is its limit. The runs' own processes count from there on.
    static let firstRunPID = 1 << 22

    public init(_ runs: [RecordedRun]) {
        self.runs = runs
        var next = 0
        offsets = runs.map { run in
            let offset = next
            next += run.receipt.elapsed + max(run.receipt.elapsed / 20, 1000)
            return offset
        }
    }

    /// Hands the JSON document to `write` piece by piece.
    public func write<Failure>(_ write: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
        var json = JSONWriter(expecting: Self.chunk)
        json.append("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")
        nameWorkers(&json)
        for (index, run) in runs.enumerated() {
            let pid = Self.firstRunPID + index
            phases(of: run, pid: pid, offset: offsets[index], &json)
            for record in run.blocks.joined() {
                append(record, pid: pid, offset: offsets[index], &json)
                if json.count >= Self.chunk {
                    try write(json.bytes)
                    json.removeAll()
                }
            }
        }
        json.append("\n]}\n")
        try write(json.bytes)
    }

    /// Names every process and thread that a task ran on, once, whichever run saw it first.
    private func nameWorkers(_ json: inout JSONWriter) {
        var named = Set<[Int]>()
        func name(_ run: RecordedRun, pid: Int, tid: Int, worker: Int) {
            if named.insert([pid]).inserted {
                metadata("process_name", pid: pid, tid: pid, name: "par-worker", &json)
            }
            if named.insert([pid, tid]).inserted {
                // A warm thread may be worker 1 of one run and worker 0 of the next.
                let label = runs.count == 1 ? "worker \(worker)" : "par-worker"
                metadata("thread_name", pid: pid, tid: tid, name: label, &json)
            }
        }
        for run in runs {
            for cost in run.receipt.workerCosts where cost.pid != 0 {
                name(run, pid: cost.pid, tid: cost.tid, worker: cost.worker)
            }
            // Workers that took a dead one's place are in the records only.
            var last = (pid: 0, tid: 0)
            for record in run.blocks.joined() where record.ran && (record.pid != last.pid || record.tid != last.tid) {
                last = (record.pid, record.tid)
                name(run, pid: record.pid, tid: record.tid, worker: record.worker)
            }
        }
    }

    private func phases(
        of run: RecordedRun, pid: Int, offset: Int, _ json: inout JSONWriter
    ) {
        let receipt = run.receipt
        metadata("process_name", pid: pid, tid: pid, name: "\(receipt.workload): \(run.label)", &json)
        metadata("thread_name", pid: pid, tid: pid, name: "phases", &json)
        for (name, range) in run.phases where !range.isEmpty {
            slice(
                name, category: "phase", pid: pid, tid: pid, start: offset + range.lowerBound, time: range.count, &json
            )
            json.append(",\"args\":{\"job\":", quoted: receipt.job)
            json.append("}}")
        }
        guard run.startsAllWorkers, let startup = run.startup else { return }
        for cost in receipt.workerCosts where cost.pid != 0 && cost.startup > 0 && cost.startup <= startup.count {
            slice(
                "start-up", category: "startup", pid: cost.pid, tid: cost.tid, start: offset + startup.lowerBound,
                time: cost.startup, &json)
            json.append(",\"args\":{\"worker\":", cost.worker)
            json.append("}}")
        }
    }

    private func append(_ record: Record, pid: Int, offset: Int, _ json: inout JSONWriter) {
        if record.ran {
            slice(
                "task", category: record.status, pid: record.pid, tid: record.tid, start: offset + record.start,
                time: record.stop - record.start, &json)
        } else {
            // It has no time of its own; it is known to have come to nothing when the run was settled.
            begin(&json)
            json.append("{\"ph\":\"i\",\"s\":\"p\",\"name\":\"task without a worker\",\"pid\":", pid)
            json.append(",\"tid\":", pid)
            json.append(",\"cat\":\"lost\",\"ts\":")
            microseconds(offset, &json)
        }
        json.append(",\"args\":{\"task\":", record.task)
        json.append(",\"worker\":", record.worker)
        json.append(",\"cpu_ns\":", record.cpu)
        json.append(",\"attempt\":", record.attempt)
        json.append(",\"status\":", quoted: record.status)
        json.append(",\"value\":", record.value)
        if let detail = record.detail { RecordJSON.append(detail, to: &json) }
        if let reason = record.reason { json.append(",\"reason\":", quoted: reason) }
        json.append("}}")
    }

    /// Puts a comma after the event before, if there is one: each begins on a line of its own. The very first thing that is
    /// written is a name, so pieces that were handed over end with an event.
    private func begin(_ json: inout JSONWriter) {
        json.append(json.last == UInt8(ascii: "[") ? "\n" : ",\n")
    }

    /// A complete event, without its arguments and its end.
    private func slice(
        _ name: String, category: String, pid: Int, tid: Int, start: Int, time: Int, _ json: inout JSONWriter
    ) {
        begin(&json)
        json.append("{\"ph\":\"X\",\"name\":", quoted: name)
        json.append(",\"cat\":", quoted: category)
        json.append(",\"pid\":", pid)
        json.append(",\"tid\":", tid)
        json.append(",\"ts\":")
        microseconds(start, &json)
        json.append(",\"dur\":")
        microseconds(time, &json)
    }

    private func metadata(_ kind: String, pid: Int, tid: Int, name: String, _ json: inout JSONWriter) {
        begin(&json)
        json.append("{\"ph\":\"M\",\"name\":", quoted: kind)
        json.append(",\"pid\":", pid)
        json.append(",\"tid\":", tid)
        json.append(",\"args\":{\"name\":", quoted: name)
        json.append("}}")
    }

    /// Nanoseconds as microseconds with three decimals: a number that loses nothing in JSON.
    private func microseconds(_ nanoseconds: Int, _ json: inout JSONWriter) {
        let (whole, rest) = max(nanoseconds, 0).quotientAndRemainder(dividingBy: 1000)
        json.append(whole)
        json.append(".")
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { json.append(digit) }
    }
}
