import ArgumentParser
import Control

/// `parctl cancel JOB`: asks a job to end.
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ask a job to end.",
        discussion: """
            Tasks that have not started are cancelled; running ones are told, and killed with their worker if they go \
            on. Says nothing when the job was asked.
            """)

    @Argument(help: "The job, as 'parctl jobs' calls it.") var job: String
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
