import Testing

extension ServiceTests {
    @Suite("Metrics of the service")
    struct MetricsTests {
        /// What a program on the host reads from the port, with nothing but a shell.
        private static let scrape =
            #"exec 3<>/dev/tcp/127.0.0.1/9817 && printf "GET /metrics HTTP/1.0\r\n\r\n" >&3 && cat <&3"#

        @Test(
            "are on a port of the host once its socket is started, whatever network the service has",
            arguments: Box.System.all)
        func port(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            try service.box.check("systemctl start pard-metrics.socket")
            try service.receipt("noop --threads 2")
            try service.box.write(Self.scrape, to: "/root/scrape")
            let text = try service.box.check("bash /root/scrape")
            #expect(text.contains("200 OK"))
            #expect(
                text.contains(
                    "pard_runs_total{mode=\"threads\",outcome=\"ok\",temperature=\"warm\",workload=\"noop\"} 1"))
            try service.box.check("systemctl stop pard.service pard-metrics.socket")
        }
    }
}
