import ArgumentParser
import Control
import Glibc
import Linux
import Report

/// What a command asks the daemon for that takes one call without parameters, and how the answer is shown.
struct Query: Equatable {
    enum Subject {
        case ping, status, pools, jobs
    }

    let subject: Subject
    /// Whether the answer is printed as one JSON document.
    var json = false
    var service = Service()

    /// How its options are spelled, but for those of every command.
    static let words: [OptionWord<Query>] = [.flag("json") { $0.json = true }]

    /// The `--json` document of a ping.
    private struct Ping: Encodable {
        var socket: String
        /// Nanoseconds from call to reply on an open connection.
        var roundTrip: Int

        enum CodingKeys: String, CodingKey {
            case socket
            case roundTrip = "round_trip"
        }
    }

    func run() throws(CommandError) {
        switch subject {
        case .ping: try ping()
        case .status:
            try show(try service.call(GetStatus.method, as: GetStatus.Reply.self)) { StatusText($0, style: $1).text }
        case .pools:
            try show(try service.call(ListPools.method, as: ListPools.Reply.self)) {
                PoolTable($0.pools, style: $1).text
            }
        case .jobs:
            try show(try service.call(ListJobs.method, as: ListJobs.Reply.self)) { JobTable($0.jobs, style: $1).text }
        }
    }

    private func ping() throws(CommandError) {
        var connection = try service.connect()
        let start = Int(Monotonic.now())
        try connection.call(Control.Ping.method)
        let roundTrip = Int(Monotonic.now()) - start
        try show(Ping(socket: connection.path, roundTrip: roundTrip)) { answer, style in
            let time = Units.duration(answer.roundTrip, unicode: style.unicode)
            return "pard answers at \(style.clean(answer.socket)) in \(time)\n"
        }
    }

    private func show<Answer: Encodable>(
        _ answer: Answer, text: (Answer, TextStyle) -> String
    ) throws(CommandError) {
        if json {
            try StandardOutput.write(json: answer)
        } else {
            try StandardOutput.write(text(answer, service.style))
        }
    }
}

/// `parctl ping`: asks the daemon for a sign of life and tells how long it took.
struct PingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ping", abstract: "Ask the daemon for a sign of life, and tell how long the answer took.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .ping, json: output.json, service: service.values).run()
    }
}

/// `parctl status`: the daemon's state, counts and limits.
struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status", abstract: "Show the daemon's state, its workers and jobs, and its limits.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .status, json: output.json, service: service.values).run()
    }
}

/// `parctl jobs`: the jobs that have not ended.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List the jobs that are queued or running.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .jobs, json: output.json, service: service.values).run()
    }
}

/// `parctl cancel JOB`: asks a job to end.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ask a job to end.",
        discussion: """
            Tasks that have not started are cancelled; running ones are told, and killed with their worker if they go \
            on. Says nothing when the job was asked.
            """)

    @Argument(help: "The job, as 'parctl jobs' calls it.", completion: .custom(Completion.jobs)) var job: String
    @OptionGroup var service: ServiceOptions

    func run() throws {
        try Self.cancel(job, service.values)
    }

    /// Asks for the end of `job`.
    static func cancel(_ job: String, _ service: Service) throws(CommandError) {
        var connection = try service.connect()
        let _: Empty = try connection.call(CancelJob.method, text: CancelJob.Request(job: job).json)
    }
}
