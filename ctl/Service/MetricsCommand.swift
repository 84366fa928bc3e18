import ArgumentParser
import Control

/// `parctl metrics`: what the daemon has counted, for programs that gather such figures.
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Print the daemon's metrics: runs, times, pools, losses, refusals, users.",
        discussion: """
            Text of OpenMetrics 1.0, or of Prometheus' older format with --format prometheus. Counters and histograms are \
            since the daemon's start. For Prometheus itself, set 'metrics-port' or 'metrics-socket' in pard.yaml.

            EXAMPLES:
              parctl metrics
              parctl metrics --format prometheus | promtool check metrics
              parctl metrics --format prometheus > pard.prom
            """)

    @OptionGroup var service: ServiceOptions
    @OptionGroup var output: JSONOption

    @ArgumentParser.Option(help: "openmetrics or prometheus.")
    var format: MetricsText.Format = .openmetrics

    func run() throws {
        let reply = try service.values.call(GetMetrics.method, as: GetMetrics.Reply.self)
        if output.json {
            try StandardOutput.write(json: reply)
        } else {
            try StandardOutput.write(MetricsText.bytes(reply.metrics, format))
        }
    }
}

extension MetricsText.Format: ExpressibleByArgument {}
