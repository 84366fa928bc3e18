import Control

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
        var bytes = Array(#"{"displayTimeUnit":"ns","traceEvents":["#.utf8)
        nameWorkers(&bytes)
        for (index, run) in runs.enumerated() {
            let pid = Self.firstRunPID + index
            phases(of: run, pid: pid, offset: offsets[index], &bytes)
            for record in run.blocks.joined() {
                append(record, pid: pid, offset: offsets[index], &bytes)
                if bytes.count >= Self.chunk {
                    try write(bytes)
                    bytes.removeAll(keepingCapacity: true)
                }
            }
        }
        try write(bytes + Array("\n]}\n".utf8))
    }

    /// Names every process and thread that a task ran on, once, whichever run saw it first.
    private func nameWorkers(_ bytes: inout [UInt8]) {
        var named = Set<[Int]>()
        func name(_ run: RecordedRun, pid: Int, tid: Int, worker: Int) {
            if named.insert([pid]).inserted {
                metadata("process_name", pid: pid, tid: pid, name: "par-worker", &bytes)
            }
            if named.insert([pid, tid]).inserted {
                // A warm thread may be worker 1 of one run and worker 0 of the next.
                let label = runs.count == 1 ? "worker \(worker)" : "par-worker"
                metadata("thread_name", pid: pid, tid: tid, name: label, &bytes)
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
        of run: RecordedRun, pid: Int, offset: Int, _ bytes: inout [UInt8]
    ) {
        let receipt = run.receipt
        metadata("process_name", pid: pid, tid: pid, name: "\(receipt.workload): \(run.label)", &bytes)
        metadata("thread_name", pid: pid, tid: pid, name: "phases", &bytes)
        for (name, range) in run.phases where !range.isEmpty {
            slice(
                name, category: "phase", pid: pid, tid: pid, start: offset + range.lowerBound, time: range.count, &bytes
            )
            JSONBytes.append(",\"args\":{\"job\":", quoted: receipt.job, to: &bytes)
            bytes += Array("}}".utf8)
        }
        guard run.startsAllWorkers, let startup = run.startup else { return }
        for cost in receipt.workerCosts where cost.pid != 0 && cost.startup > 0 && cost.startup <= startup.count {
            slice(
                "start-up", category: "startup", pid: cost.pid, tid: cost.tid, start: offset + startup.lowerBound,
                time: cost.startup, &bytes)
            JSONBytes.append(",\"args\":{\"worker\":", cost.worker, to: &bytes)
            bytes += Array("}}".utf8)
        }
    }

    private func append(_ record: Record, pid: Int, offset: Int, _ bytes: inout [UInt8]) {
        if record.ran {
            slice(
                "task", category: record.status, pid: record.pid, tid: record.tid, start: offset + record.start,
                time: record.stop - record.start, &bytes)
        } else {
            // It has no time of its own; it is known to have come to nothing when the run was settled.
            begin(&bytes)
            JSONBytes.append("{\"ph\":\"i\",\"s\":\"p\",\"name\":\"task without a worker\",\"pid\":", pid, to: &bytes)
            JSONBytes.append(",\"tid\":", pid, to: &bytes)
            bytes += Array(",\"cat\":\"lost\",\"ts\":".utf8)
            microseconds(offset, &bytes)
        }
        JSONBytes.append(",\"args\":{\"task\":", record.task, to: &bytes)
        JSONBytes.append(",\"worker\":", record.worker, to: &bytes)
        JSONBytes.append(",\"cpu_ns\":", record.cpu, to: &bytes)
        JSONBytes.append(",\"attempt\":", record.attempt, to: &bytes)
        JSONBytes.append(",\"status\":", quoted: record.status, to: &bytes)
        JSONBytes.append(",\"value\":", record.value, to: &bytes)
        if let detail = record.detail { RecordJSON.append(detail, to: &bytes) }
        if let reason = record.reason { JSONBytes.append(",\"reason\":", quoted: reason, to: &bytes) }
        bytes += Array("}}".utf8)
    }

    /// Puts a comma after the event before, if there is one: each begins on a line of its own. The very first thing that is
    /// written is a name, so pieces that were handed over end with an event.
    private func begin(_ bytes: inout [UInt8]) {
        bytes += Array(bytes.last == UInt8(ascii: "[") ? "\n".utf8 : ",\n".utf8)
    }

    /// A complete event, without its arguments and its end.
    private func slice(
        _ name: String, category: String, pid: Int, tid: Int, start: Int, time: Int, _ bytes: inout [UInt8]
    ) {
        begin(&bytes)
        JSONBytes.append("{\"ph\":\"X\",\"name\":", quoted: name, to: &bytes)
        JSONBytes.append(",\"cat\":", quoted: category, to: &bytes)
        JSONBytes.append(",\"pid\":", pid, to: &bytes)
        JSONBytes.append(",\"tid\":", tid, to: &bytes)
        bytes += Array(",\"ts\":".utf8)
        microseconds(start, &bytes)
        bytes += Array(",\"dur\":".utf8)
        microseconds(time, &bytes)
    }

    private func metadata(_ kind: String, pid: Int, tid: Int, name: String, _ bytes: inout [UInt8]) {
        begin(&bytes)
        JSONBytes.append("{\"ph\":\"M\",\"name\":", quoted: kind, to: &bytes)
        JSONBytes.append(",\"pid\":", pid, to: &bytes)
        JSONBytes.append(",\"tid\":", tid, to: &bytes)
        JSONBytes.append(",\"args\":{\"name\":", quoted: name, to: &bytes)
        bytes += Array("}}".utf8)
    }

    /// Nanoseconds as microseconds with three decimals: a number that loses nothing in JSON.
    private func microseconds(_ nanoseconds: Int, _ bytes: inout [UInt8]) {
        let (whole, rest) = max(nanoseconds, 0).quotientAndRemainder(dividingBy: 1000)
        bytes += String(whole).utf8
        bytes.append(UInt8(ascii: "."))
        for digit in [rest / 100, rest / 10 % 10, rest % 10] { bytes.append(UInt8(ascii: "0") + UInt8(digit)) }
    }
}
