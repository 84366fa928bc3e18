import Control

/// What the replies to one run must keep to before anything is made of them: they come from another program, which may be
/// ill, of another version, or not the daemon at all.
///
/// Times and sizes stay far from overflow, numbers of tasks and workers are those that the run has, and there are no more
/// records than tasks. What does not keep to that ends the run with the reason.
struct ReplyCheck {
    private(set) var accepted: Run.Accepted?
    private var records = 0

    /// The largest time, size or count that is believed: 36 years in nanoseconds.
    private static let largest = 1 << 60
    /// More workers than any host has.
    private static let maximumWorkers = 1 << 20

    /// What is wrong with a reply.
    struct Fault: Error {
        let reason: String
    }

    /// Throws for a reply that can't be one to this run.
    mutating func check(_ reply: Run.Reply) throws(Fault) {
        if let job = reply.accepted {
            try expect(accepted == nil, "the run was accepted twice")
            try expect((0...Self.maximumWorkers).contains(job.workers), "\(job.workers) workers")
            try expect((0...Self.largest).contains(job.tasks), "\(job.tasks) tasks")
            accepted = job
        }
        if let news = reply.progress {
            try expect(areCounts([news.done, news.total]) && isSound([news.elapsed]), "progress")
        }
        for piece in (reply.outputs ?? []) + (reply.early ?? []) {
            try checkTask(piece.task, "an output")
            if let record = piece.record {
                try expect(record.task == piece.task, "an output of task \(piece.task) with a record of another one")
                try check(record)
            }
        }
        if let block = reply.records {
            records += block.count
            try expect(records <= accepted?.tasks ?? 0, "more records than tasks")
            for record in block { try check(record) }
        }
        if let receipt = reply.receipt { try check(receipt) }
    }

    private func check(_ record: Record) throws(Fault) {
        try checkTask(record.task, "a record")
        try expect((0..<Self.maximumWorkers).contains(record.worker), "a record of worker \(record.worker)")
        let command = record.command.map { command in
            isSound([
                command.tries, command.spawn, command.command, command.user, command.system, command.peakMemory,
                command.stdoutBytes, command.stderrBytes,
            ]) && (-1...255).contains(command.exitCode) && (0...127).contains(command.signal)
        }
        let fetch = record.fetch.map { fetch in
            isSound([
                fetch.status, fetch.bytes, fetch.redirects, fetch.connections, fetch.lookup, fetch.connect, fetch.tls,
                fetch.firstByte,
            ])
        }
        try expect(
            isSound([record.pid, record.tid, record.start, record.stop, record.cpu, record.attempt])
                && command != false && fetch != false, "the record of task \(record.task)")
    }

    private func check(_ receipt: Receipt) throws(Fault) {
        try expect(receipt.job == accepted?.job ?? receipt.job, "the receipt of another run")
        try expect((0...Self.maximumWorkers).contains(receipt.workers), "\(receipt.workers) workers")
        let (tasks, phases, task) = (receipt.tasks, receipt.phases, receipt.task)
        let counts = [tasks.total, tasks.ok, tasks.failed, tasks.lost, tasks.cancelled]
        let times = [
            phases.queue, phases.startup, phases.dispatch, phases.run, phases.collect, phases.teardown,
            receipt.elapsed, receipt.timeLost, receipt.poolStartupPaid, receipt.poolReadyFor,
        ]
        let figures = [
            task.sum, task.cpuSum, task.cpuCovered, task.cpuInterval, task.min, task.p50, task.p90, task.p99, task.max,
            receipt.processes, receipt.threads, receipt.breakEven ?? 0,
        ]
        try expect(
            areCounts(counts + [receipt.deaths, receipt.reruns]) && isSound(times) && isSound(figures),
            "numbers of the receipt")
        if let own = receipt.interpreter {
            try expect(isSound([own.program, own.imports, own.fork, own.ready, own.waited]), "an interpreter's times")
        }
        for cost in receipt.workerCosts {
            try expect(
                isSound([cost.worker, cost.pid, cost.tid, cost.startup, cost.dispatch, cost.tasks]), "a worker's costs")
        }
        for figure in receipt.figures {
            try expect(
                isSound([figure.count, figure.sum, figure.min, figure.p50, figure.p99, figure.max]), "a figure")
        }
        for failure in receipt.failures {
            try expect(areCounts([failure.count]), "how many tasks failed")
            try checkTask(failure.firstTask, "a failure")
        }
    }

    private func checkTask(_ task: Int, _ what: String) throws(Fault) {
        try expect((0..<(accepted?.tasks ?? 0)).contains(task), "\(what) of task \(task), which the run doesn't have")
    }

    private func areCounts(_ numbers: [Int]) -> Bool { numbers.allSatisfy { (0...Self.largest).contains($0) } }

    /// Of times, one below 0 would be a fault of the daemon's, but can be shown.
    private func isSound(_ numbers: [Int]) -> Bool {
        numbers.allSatisfy { (-Self.largest...Self.largest).contains($0) }
    }

    private func expect(_ isSo: Bool, _ what: @autoclosure () -> String) throws(Fault) {
        if !isSo { throw Fault(reason: "the reply makes no sense: \(what())") }
    }
}
