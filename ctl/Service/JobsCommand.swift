import ArgumentParser

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
