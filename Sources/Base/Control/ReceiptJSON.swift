extension Receipt {
    /// The parameters of a reply to ``Run`` that has this receipt and nothing else: the text of an object, with every key of
    /// the Codable form, in the interface description's order. The daemon writes one for each run, and an encoder would take
    /// longer for it than the run's worker for a short task.
    public var replyJSON: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.expectedBytes + workerCosts.count * Self.bytesOfWorker)
        JSONBytes.append("{\"receipt\":", to: &bytes)
        append(to: &bytes)
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    private static let expectedBytes = 1536
    private static let bytesOfWorker = 128

    private func append(to bytes: inout [UInt8]) {
        JSONBytes.append("{\"schema\":", quoted: schema, to: &bytes)
        JSONBytes.append(",\"job\":", quoted: job, to: &bytes)
        JSONBytes.append(",\"workload\":", quoted: workload, to: &bytes)
        JSONBytes.append(",\"arguments\":{", to: &bytes)
        JSONBytes.append(list: arguments.sorted { $0.key < $1.key }, to: &bytes) { argument, bytes in
            JSONBytes.append(quoted: argument.key, to: &bytes)
            JSONBytes.append(":", quoted: argument.value, to: &bytes)
        }
        JSONBytes.append("},\"input\":", quotedOrNull: input, to: &bytes)
        JSONBytes.append(",\"mode\":", quoted: mode.rawValue, to: &bytes)
        JSONBytes.append(",\"processes\":", processes, to: &bytes)
        JSONBytes.append(",\"threads\":", threads, to: &bytes)
        JSONBytes.append(",\"workers\":", workers, to: &bytes)
        JSONBytes.append(",\"temperature\":", quoted: temperature.rawValue, to: &bytes)
        JSONBytes.append(",\"reason\":", quotedOrNull: reason, to: &bytes)
        JSONBytes.append(",\"outcome\":", quoted: outcome.rawValue, to: &bytes)
        append(tasks, phases, to: &bytes)
        JSONBytes.append(",\"elapsed\":", elapsed, to: &bytes)
        JSONBytes.append(",\"pool_startup_paid\":", poolStartupPaid, to: &bytes)
        JSONBytes.append(",\"pool_ready_for\":", poolReadyFor, to: &bytes)
        append(task, to: &bytes)
        JSONBytes.append(",\"speedup\":", fractionOrNull: speedup, to: &bytes)
        JSONBytes.append(",\"efficiency\":", fractionOrNull: efficiency, to: &bytes)
        JSONBytes.append(",\"break_even\":", numberOrNull: breakEven, to: &bytes)
        JSONBytes.append(",\"value_sum\":", valueSum, to: &bytes)
        JSONBytes.append(",\"value_unit\":", quotedOrNull: valueUnit, to: &bytes)
        JSONBytes.append(",\"figures\":[", to: &bytes)
        JSONBytes.append(list: figures, to: &bytes, one: Self.append)
        JSONBytes.append("],\"worker_costs\":[", to: &bytes)
        JSONBytes.append(list: workerCosts, to: &bytes, one: Self.append)
        JSONBytes.append("],\"failures\":[", to: &bytes)
        JSONBytes.append(list: failures, to: &bytes, one: Self.append)
        JSONBytes.append("],\"deaths\":", deaths, to: &bytes)
        JSONBytes.append(",\"reruns\":", reruns, to: &bytes)
        JSONBytes.append(",\"time_lost\":", timeLost, to: &bytes)
        JSONBytes.append(",\"interpreter\":", to: &bytes)
        if let interpreter { Self.append(interpreter, to: &bytes) } else { JSONBytes.append("null", to: &bytes) }
        JSONBytes.append(",\"histograms\":", to: &bytes)
        if let histograms { Self.append(histograms, to: &bytes) } else { JSONBytes.append("null", to: &bytes) }
        JSONBytes.append(",\"host\":", to: &bytes)
        if let host { Self.append(host, to: &bytes) } else { JSONBytes.append("null", to: &bytes) }
        bytes.append(UInt8(ascii: "}"))
    }

    private func append(_ tasks: Tasks, _ phases: Phases, to bytes: inout [UInt8]) {
        JSONBytes.append(",\"tasks\":{\"total\":", tasks.total, to: &bytes)
        JSONBytes.append(",\"ok\":", tasks.ok, to: &bytes)
        JSONBytes.append(",\"failed\":", tasks.failed, to: &bytes)
        JSONBytes.append(",\"lost\":", tasks.lost, to: &bytes)
        JSONBytes.append(",\"cancelled\":", tasks.cancelled, to: &bytes)
        JSONBytes.append("},\"phases\":{\"queue\":", phases.queue, to: &bytes)
        JSONBytes.append(",\"startup\":", phases.startup, to: &bytes)
        JSONBytes.append(",\"dispatch\":", phases.dispatch, to: &bytes)
        JSONBytes.append(",\"run\":", phases.run, to: &bytes)
        JSONBytes.append(",\"collect\":", phases.collect, to: &bytes)
        JSONBytes.append(",\"teardown\":", phases.teardown, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private func append(_ task: TaskTimes, to bytes: inout [UInt8]) {
        JSONBytes.append(",\"task\":{\"sum\":", task.sum, to: &bytes)
        JSONBytes.append(",\"cpu_sum\":", task.cpuSum, to: &bytes)
        JSONBytes.append(",\"cpu_covered\":", task.cpuCovered, to: &bytes)
        JSONBytes.append(",\"cpu_interval\":", task.cpuInterval, to: &bytes)
        JSONBytes.append(",\"min\":", task.min, to: &bytes)
        JSONBytes.append(",\"p50\":", task.p50, to: &bytes)
        JSONBytes.append(",\"p90\":", task.p90, to: &bytes)
        JSONBytes.append(",\"p99\":", task.p99, to: &bytes)
        JSONBytes.append(",\"max\":", task.max, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ figure: Figure, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"name\":", quoted: figure.name, to: &bytes)
        JSONBytes.append(",\"unit\":", quoted: figure.unit, to: &bytes)
        JSONBytes.append(",\"count\":", figure.count, to: &bytes)
        JSONBytes.append(",\"sum\":", figure.sum, to: &bytes)
        JSONBytes.append(",\"min\":", figure.min, to: &bytes)
        JSONBytes.append(",\"p50\":", figure.p50, to: &bytes)
        JSONBytes.append(",\"p99\":", figure.p99, to: &bytes)
        JSONBytes.append(",\"max\":", figure.max, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ cost: WorkerCost, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"worker\":", cost.worker, to: &bytes)
        JSONBytes.append(",\"pid\":", cost.pid, to: &bytes)
        JSONBytes.append(",\"tid\":", cost.tid, to: &bytes)
        JSONBytes.append(",\"startup\":", cost.startup, to: &bytes)
        JSONBytes.append(",\"dispatch\":", cost.dispatch, to: &bytes)
        JSONBytes.append(",\"tasks\":", cost.tasks, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ interpreter: Interpreter, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"version\":", quoted: interpreter.version, to: &bytes)
        JSONBytes.append(interpreter.takesTurns ? ",\"takes_turns\":true" : ",\"takes_turns\":false", to: &bytes)
        JSONBytes.append(",\"program\":", interpreter.program, to: &bytes)
        JSONBytes.append(",\"imports\":", interpreter.imports, to: &bytes)
        JSONBytes.append(",\"fork\":", interpreter.fork, to: &bytes)
        JSONBytes.append(",\"ready\":", interpreter.ready, to: &bytes)
        JSONBytes.append(",\"waited\":", interpreter.waited, to: &bytes)
        JSONBytes.append(",\"warnings\":[", to: &bytes)
        for (index, warning) in interpreter.warnings.enumerated() {
            JSONBytes.append(index == 0 ? "" : ",", quoted: warning, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ histograms: Histograms, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"task\":", quoted: histograms.task, to: &bytes)
        JSONBytes.append(",\"dispatch\":", quotedOrNull: histograms.dispatch, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ host: Host, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"name\":", quoted: host.name, to: &bytes)
        JSONBytes.append(",\"kernel\":", quoted: host.kernel, to: &bytes)
        JSONBytes.append(",\"cores\":", host.cores, to: &bytes)
        JSONBytes.append(",\"boot\":", quotedOrNull: host.boot, to: &bytes)
        JSONBytes.append(",\"load\":", fractionOrNull: host.load, to: &bytes)
        JSONBytes.append(",\"cpu_pressure\":", fractionOrNull: host.cpuPressure, to: &bytes)
        JSONBytes.append(",\"memory_pressure\":", fractionOrNull: host.memoryPressure, to: &bytes)
        JSONBytes.append(",\"io_pressure\":", fractionOrNull: host.ioPressure, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }

    private static func append(_ failure: Failure, to bytes: inout [UInt8]) {
        JSONBytes.append("{\"reason\":", quoted: failure.reason, to: &bytes)
        JSONBytes.append(",\"count\":", failure.count, to: &bytes)
        JSONBytes.append(",\"first_task\":", failure.firstTask, to: &bytes)
        bytes.append(UInt8(ascii: "}"))
    }
}
