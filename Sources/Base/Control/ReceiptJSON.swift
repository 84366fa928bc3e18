import Varlink

extension Receipt {
    /// Writes the parameters of a reply to ``Run`` that has this receipt and nothing else: the text of an object, with every
    /// key of the Codable form, in the interface description's order. The daemon writes one for each run, and an encoder would
    /// take longer for it than the run's worker for a short task.
    package func writeReply(to json: inout JSONWriter) {
        json.append("{\"receipt\":")
        append(to: &json)
        json.append("}")
    }

    /// About what that takes.
    package var expectedBytes: Int { 1536 + workerCosts.count * 128 }

    private func append(to json: inout JSONWriter) {
        json.append("{\"schema\":", quoted: schema)
        json.append(",\"job\":", quoted: job)
        json.append(",\"workload\":", quoted: workload)
        json.append(",\"arguments\":{")
        json.append(list: arguments.sorted { $0.key < $1.key }) { argument, json in
            json.append(quoted: argument.key)
            json.append(":", quoted: argument.value)
        }
        json.append("},\"input\":", quotedOrNull: input)
        json.append(",\"mode\":", quoted: mode.rawValue)
        json.append(",\"processes\":", processes)
        json.append(",\"threads\":", threads)
        json.append(",\"workers\":", workers)
        json.append(",\"temperature\":", quoted: temperature.rawValue)
        json.append(",\"reason\":", quotedOrNull: reason)
        json.append(",\"outcome\":", quoted: outcome.rawValue)
        append(tasks, phases, to: &json)
        json.append(",\"elapsed\":", elapsed)
        json.append(",\"pool_startup_paid\":", poolStartupPaid)
        json.append(",\"pool_ready_for\":", poolReadyFor)
        append(task, to: &json)
        json.append(",\"speedup\":", fractionOrNull: speedup)
        json.append(",\"efficiency\":", fractionOrNull: efficiency)
        json.append(",\"break_even\":", numberOrNull: breakEven)
        json.append(",\"value_sum\":", valueSum)
        json.append(",\"value_unit\":", quotedOrNull: valueUnit)
        json.append(",\"figures\":[")
        json.append(list: figures, one: Self.append)
        json.append("],\"worker_costs\":[")
        json.append(list: workerCosts, one: Self.append)
        json.append("],\"failures\":[")
        json.append(list: failures, one: Self.append)
        json.append("],\"deaths\":", deaths)
        json.append(",\"reruns\":", reruns)
        json.append(",\"time_lost\":", timeLost)
        json.append(",\"interpreter\":")
        if let interpreter { Self.append(interpreter, to: &json) } else { json.append("null") }
        json.append(",\"histograms\":")
        if let histograms { Self.append(histograms, to: &json) } else { json.append("null") }
        json.append(",\"host\":")
        if let host { Self.append(host, to: &json) } else { json.append("null") }
        json.append("}")
    }

    private func append(_ tasks: Tasks, _ phases: Phases, to json: inout JSONWriter) {
        json.append(",\"tasks\":{\"total\":", tasks.total)
        json.append(",\"ok\":", tasks.ok)
        json.append(",\"failed\":", tasks.failed)
        json.append(",\"lost\":", tasks.lost)
        json.append(",\"cancelled\":", tasks.cancelled)
        json.append("},\"phases\":{\"queue\":", phases.queue)
        json.append(",\"startup\":", phases.startup)
        json.append(",\"dispatch\":", phases.dispatch)
        json.append(",\"run\":", phases.run)
        json.append(",\"collect\":", phases.collect)
        json.append(",\"teardown\":", phases.teardown)
        json.append("}")
    }

    private func append(_ task: TaskTimes, to json: inout JSONWriter) {
        json.append(",\"task\":{\"sum\":", task.sum)
        json.append(",\"cpu_sum\":", task.cpuSum)
        json.append(",\"cpu_covered\":", task.cpuCovered)
        json.append(",\"cpu_interval\":", task.cpuInterval)
        json.append(",\"min\":", task.min)
        json.append(",\"p50\":", task.p50)
        json.append(",\"p90\":", task.p90)
        json.append(",\"p99\":", task.p99)
        json.append(",\"max\":", task.max)
        json.append("}")
    }

    private static func append(_ figure: Figure, to json: inout JSONWriter) {
        json.append("{\"name\":", quoted: figure.name)
        json.append(",\"unit\":", quoted: figure.unit)
        json.append(",\"count\":", figure.count)
        json.append(",\"sum\":", figure.sum)
        json.append(",\"min\":", figure.min)
        json.append(",\"p50\":", figure.p50)
        json.append(",\"p99\":", figure.p99)
        json.append(",\"max\":", figure.max)
        json.append("}")
    }

    private static func append(_ cost: WorkerCost, to json: inout JSONWriter) {
        json.append("{\"worker\":", cost.worker)
        json.append(",\"pid\":", cost.pid)
        json.append(",\"tid\":", cost.tid)
        json.append(",\"startup\":", cost.startup)
        json.append(",\"dispatch\":", cost.dispatch)
        json.append(",\"tasks\":", cost.tasks)
        json.append("}")
    }

    private static func append(_ interpreter: Interpreter, to json: inout JSONWriter) {
        json.append("{\"version\":", quoted: interpreter.version)
        json.append(",\"takes_turns\":", interpreter.takesTurns)
        json.append(",\"program\":", interpreter.program)
        json.append(",\"imports\":", interpreter.imports)
        json.append(",\"fork\":", interpreter.fork)
        json.append(",\"ready\":", interpreter.ready)
        json.append(",\"waited\":", interpreter.waited)
        json.append(",\"warnings\":", texts: interpreter.warnings)
        json.append("}")
    }

    private static func append(_ histograms: Histograms, to json: inout JSONWriter) {
        json.append("{\"task\":", quoted: histograms.task)
        json.append(",\"dispatch\":", quotedOrNull: histograms.dispatch)
        json.append("}")
    }

    private static func append(_ host: Host, to json: inout JSONWriter) {
        json.append("{\"name\":", quoted: host.name)
        json.append(",\"kernel\":", quoted: host.kernel)
        json.append(",\"cores\":", host.cores)
        json.append(",\"boot\":", quotedOrNull: host.boot)
        json.append(",\"load\":", fractionOrNull: host.load)
        json.append(",\"cpu_pressure\":", fractionOrNull: host.cpuPressure)
        json.append(",\"memory_pressure\":", fractionOrNull: host.memoryPressure)
        json.append(",\"io_pressure\":", fractionOrNull: host.ioPressure)
        json.append("}")
    }

    private static func append(_ failure: Failure, to json: inout JSONWriter) {
        json.append("{\"reason\":", quoted: failure.reason)
        json.append(",\"count\":", failure.count)
        json.append(",\"first_task\":", failure.firstTask)
        json.append("}")
    }
}
