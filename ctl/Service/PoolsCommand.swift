import ArgumentParser
import Control
import Report

/// `parctl pools`: the warm pools, and what an operator may do to them.
struct PoolsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pools", abstract: "List the pools of warm workers; resize or recycle one.",
        subcommands: [PoolsListCommand.self, PoolsResizeCommand.self, PoolsRecycleCommand.self],
        defaultSubcommand: PoolsListCommand.self)
}

/// `parctl pools list`, or just `parctl pools`.
struct PoolsListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the pools.")

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try Query(subject: .pools, json: output.json, service: service.values).run()
    }
}

/// `parctl pools resize NAME N`: sets the size that a pool keeps warm.
struct PoolsResizeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resize", abstract: "Set how many workers a pool keeps warm.",
        discussion: "Workers are started or stopped to match it; busy ones stop when their job has ended.")

    @Argument(help: "The pool, as 'parctl pools' calls it.", completion: .custom(Completion.pools)) var name: String
    @Argument(help: ArgumentHelp("How many workers.", valueName: "n"), transform: Count.orNone) var size: Int
    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try service.values.show(
            ResizePool.method, ResizePool.Request(name: name, size: size), json: output.json)
    }
}

/// `parctl pools recycle NAME`: replaces every worker of a pool by a fresh one.
struct PoolsRecycleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recycle", abstract: "Replace every worker of a pool by a fresh one.",
        discussion: "Busy workers are replaced when their job has ended.")

    @Argument(help: "The pool, as 'parctl pools' calls it.", completion: .custom(Completion.pools)) var name: String
    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    func run() throws {
        try service.values.show(RecyclePool.method, RecyclePool.Request(name: name), json: output.json)
    }
}

extension Service {
    /// Calls a method that changes one pool, and prints the pool as it is then.
    fileprivate func show(_ method: String, _ request: some Encodable, json: Bool) throws(CommandError) {
        let reply = try call(method, request, as: PoolReply.self)
        if json {
            try StandardOutput.write(json: reply)
        } else {
            try StandardOutput.write(PoolTable([reply.pool], style: style).text)
        }
    }
}
