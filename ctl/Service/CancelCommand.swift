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
        _ = try service.call(CancelJob.method, CancelJob.Request(job: job), as: Empty.self)
    }
}
