import Varlink

extension Run.Reply {
    /// The reply whose parameters' text is `text`, in whatever order its members stand; nil where it is not exactly as
    /// described, of which the ordinary decoder says more.
    ///
    /// It reads what the Codable form reads, without what that takes to set up: in a run of one short task, that would be most
    /// of the client's time.
    public init?(parameters text: [UInt8]) {
        do throws(JSONObject.Unfit) {
            let reply = try JSONObject(text)
            self.init(
                accepted: try reply.objectIfPresent("accepted").map { job throws(JSONObject.Unfit) in
                    Run.Accepted(
                        job: try job.text("job"), workers: try job.number("workers"), tasks: try job.number("tasks"))
                },
                progress: try reply.objectIfPresent("progress").map { news throws(JSONObject.Unfit) in
                    Run.Progress(
                        state: try news.text("state"), done: try news.number("done"), total: try news.number("total"),
                        elapsed: try news.number("elapsed"))
                },
                outputs: try Output.list(reply, "outputs"), early: try Output.list(reply, "early"),
                records: try reply.objectsIfPresent("records").map { records throws(JSONObject.Unfit) in
                    try records.map { record throws(JSONObject.Unfit) in try Record(record) }
                },
                results: try reply.objectIfPresent("results").map { results throws(JSONObject.Unfit) in
                    Run.Results(
                        descriptor: try results.number("descriptor"), bytes: try results.number("bytes"),
                        failures: try results.numberIfPresent("failures"), first: try results.numberIfPresent("first"))
                },
                receipt: try reply.objectIfPresent("receipt").map { receipt throws(JSONObject.Unfit) in
                    try Receipt(receipt)
                })
        } catch {
            return nil
        }
    }
}

extension Output {
    fileprivate static func list(_ reply: JSONObject, _ name: String) throws(JSONObject.Unfit) -> [Output]? {
        try reply.objectsIfPresent(name).map { pieces throws(JSONObject.Unfit) in
            try pieces.map { piece throws(JSONObject.Unfit) in try Output(piece) }
        }
    }

    fileprivate init(_ json: JSONObject) throws(JSONObject.Unfit) {
        self.init(
            task: try json.number("task"), stdout: try json.text("stdout"), stderr: try json.text("stderr"),
            record: try json.objectIfPresent("record").map { record throws(JSONObject.Unfit) in try Record(record) })
    }
}

extension Record {
    fileprivate init(_ json: JSONObject) throws(JSONObject.Unfit) {
        self.init(
            task: try json.number("task"), worker: try json.number("worker"), pid: try json.number("pid"),
            tid: try json.number("tid"), start: try json.number("start"), stop: try json.number("stop"),
            cpu: try json.number("cpu"), attempt: try json.number("attempt"), status: try json.text("status"),
            value: try json.number("value"), reason: try json.textIfPresent("reason"),
            command: try json.objectIfPresent("command").map { command throws(JSONObject.Unfit) in
                CommandRecord(
                    exitCode: try command.number("exit_code"), signal: try command.number("signal"),
                    tries: try command.number("tries"), spawn: try command.number("spawn"),
                    command: try command.number("command"), user: try command.number("user"),
                    system: try command.number("system"), peakMemory: try command.number("peak_memory"),
                    stdoutBytes: try command.number("stdout_bytes"), stderrBytes: try command.number("stderr_bytes"),
                    cause: try command.textIfPresent("cause"))
            },
            fetch: try json.objectIfPresent("fetch").map { fetch throws(JSONObject.Unfit) in
                FetchRecord(
                    url: try fetch.text("url"), status: try fetch.number("status"), bytes: try fetch.number("bytes"),
                    redirects: try fetch.number("redirects"), connections: try fetch.number("connections"),
                    lookup: try fetch.number("lookup"), connect: try fetch.number("connect"),
                    tls: try fetch.number("tls"), firstByte: try fetch.number("first_byte"))
            },
            detail: try json.objectIfPresent("detail").map { detail throws(JSONObject.Unfit) in
                var numbers: [String: Int] = [:]
                for key in detail.keys { numbers[key] = try detail.number(key) }
                return numbers
            })
    }
}

extension Receipt {
    fileprivate init(_ json: JSONObject) throws(JSONObject.Unfit) {
        let arguments = try json.object("arguments")
        var given: [String: String] = [:]
        for name in arguments.keys { given[name] = try arguments.text(name) }
        let tasks = try json.object("tasks")
        let phases = try json.object("phases")
        let task = try json.object("task")
        let (processes, threads) = (try json.number("processes"), try json.number("threads"))
        // Numbers of workers, tasks and phases that can't be put together are for the ordinary decoder.
        let workers = processes.multipliedReportingOverflow(by: threads)
        var counts = Tasks()
        counts.total = try tasks.number("total")
        counts.ok = try tasks.number("ok")
        counts.failed = try tasks.number("failed")
        counts.lost = try tasks.number("lost")
        counts.cancelled = try tasks.number("cancelled")
        let none = Phases(queue: 0, startup: 0, dispatch: 0, run: 0, collect: 0, teardown: 0)
        guard !workers.overflow else { throw JSONObject.Unfit() }
        self.init(
            schema: try json.text("schema"), job: try json.text("job"), workload: try json.text("workload"),
            arguments: given, input: try json.textIfPresent("input"), mode: try json.choice("mode"),
            processes: processes, threads: threads, temperature: try json.choice("temperature"),
            reason: try json.textIfPresent("reason"), outcome: try json.choice("outcome"), tasks: counts, phases: none,
            poolStartupPaid: try json.number("pool_startup_paid"), poolReadyFor: try json.number("pool_ready_for"),
            task: TaskTimes(
                sum: try task.number("sum"), cpuSum: try task.number("cpu_sum"),
                cpuCovered: try task.number("cpu_covered"), cpuInterval: try task.number("cpu_interval"),
                min: try task.number("min"), p50: try task.number("p50"), p90: try task.number("p90"),
                p99: try task.number("p99"), max: try task.number("max")),
            speedup: try json.fractionIfPresent("speedup"), efficiency: try json.fractionIfPresent("efficiency"),
            breakEven: try json.numberIfPresent("break_even"), valueSum: try json.number("value_sum"),
            valueUnit: try json.textIfPresent("value_unit"),
            figures: try json.objects("figures").map { figure throws(JSONObject.Unfit) in
                Figure(
                    name: try figure.text("name"), unit: try figure.text("unit"), count: try figure.number("count"),
                    sum: try figure.number("sum"), min: try figure.number("min"), p50: try figure.number("p50"),
                    p99: try figure.number("p99"), max: try figure.number("max"))
            },
            workerCosts: try json.objects("worker_costs").map { cost throws(JSONObject.Unfit) in
                WorkerCost(
                    worker: try cost.number("worker"), pid: try cost.number("pid"), tid: try cost.number("tid"),
                    startup: try cost.number("startup"), dispatch: try cost.number("dispatch"),
                    tasks: try cost.number("tasks"))
            },
            failures: try json.objects("failures").map { failure throws(JSONObject.Unfit) in
                Failure(
                    reason: try failure.text("reason"), count: try failure.number("count"),
                    firstTask: try failure.number("first_task"))
            },
            deaths: try json.number("deaths"), reruns: try json.number("reruns"), timeLost: try json.number("time_lost")
        )
        interpreter = try json.objectIfPresent("interpreter").map { own throws(JSONObject.Unfit) in
            Interpreter(
                version: try own.text("version"), takesTurns: try own.flagIfPresent("takes_turns") ?? false,
                program: try own.number("program"), imports: try own.number("imports"), fork: try own.number("fork"),
                ready: try own.number("ready"), waited: try own.number("waited"),
                warnings: try own.textsIfPresent("warnings"))
        }
        histograms = try json.objectIfPresent("histograms").map { own throws(JSONObject.Unfit) in
            Histograms(task: try own.text("task"), dispatch: try own.textIfPresent("dispatch"))
        }
        host = try json.objectIfPresent("host").map { own throws(JSONObject.Unfit) in
            Host(
                name: try own.text("name"), kernel: try own.text("kernel"), cores: try own.number("cores"),
                boot: try own.textIfPresent("boot"), load: try own.fractionIfPresent("load"),
                cpuPressure: try own.fractionIfPresent("cpu_pressure"),
                memoryPressure: try own.fractionIfPresent("memory_pressure"),
                ioPressure: try own.fractionIfPresent("io_pressure"))
        }
        // As they were sent, rather than put together from their parts.
        self.workers = try json.number("workers")
        self.elapsed = try json.number("elapsed")
        self.phases = Phases(
            queue: try phases.number("queue"), startup: try phases.number("startup"),
            dispatch: try phases.number("dispatch"), run: try phases.number("run"),
            collect: try phases.number("collect"), teardown: try phases.number("teardown"))
    }
}
