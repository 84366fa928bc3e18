import ArgumentParser
import Control
import Report

/// `parctl jobs`: the jobs that have not ended.
struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs", abstract: "List the jobs that are queued or running.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        let reply = try service.call(ListJobs.method, as: ListJobs.Reply.self)
        if output.json {
            try StandardOutput.write(json: reply)
        } else {
            try StandardOutput.write(JobTable(reply.jobs, look: service.look).text)
        }
    }
}
