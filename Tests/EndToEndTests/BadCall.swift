/// A call that can't be served, and the error that says so.
struct BadCall {
    let text: String
    let error: String

    private init(_ text: String, _ error: String) {
        self.text = text
        self.error = error
    }

    /// A call of Run.
    private init(run parameters: String, _ error: String) {
        self.init("{\"method\":\"org.pard.Control.Run\",\"parameters\":\(parameters)}", error)
    }

    static let all = [
        BadCall("{\"method\":\"org.pard.Control.Nothing\"}", "org.varlink.service.MethodNotFound"),
        BadCall("{\"method\":\"org.example.Nothing\"}", "org.varlink.service.InterfaceNotFound"),
        BadCall("{\"method\":\"nothing\"}", "org.varlink.service.MethodNotFound"),
        BadCall(run: "{\"workload\":5}", "org.varlink.service.InvalidParameter"),
        BadCall(run: "{}", "org.varlink.service.InvalidParameter"),
        BadCall(run: "{\"workload\":\"noop\",\"colour\":\"red\"}", "org.varlink.service.InvalidParameter"),
        BadCall(run: "{\"workload\":\"noop\",\"mode\":\"sideways\"}", "org.varlink.service.InvalidParameter"),
        BadCall(run: "{\"workload\":\"nothing\"}", "org.pard.Control.UnknownWorkload"),
        BadCall(run: "{\"workload\":\"noop\",\"threads\":-1}", "org.pard.Control.BadArgument"),
        BadCall(run: "{\"workload\":\"noop\",\"timeout\":-9223372036854775808}", "org.pard.Control.BadArgument"),
        BadCall(run: "{\"workload\":\"noop\",\"threads\":9223372036854775807}", "org.pard.Control.LimitExceeded"),
        BadCall(run: "{\"workload\":\"noop\",\"tasks\":9223372036854775807}", "org.pard.Control.LimitExceeded"),
        BadCall(run: "{\"workload\":\"exec\",\"block\":{\"base64\":\"YQA=\"}}", "org.pard.Control.BadArgument"),
        BadCall(
            run: "{\"workload\":\"exec\",\"block\":{\"base64\":\"YQ==\",\"lengths\":[1]}}",
            "org.pard.Control.BadArgument"),
        BadCall(
            run:
                "{\"workload\":\"exec\",\"inputs\":[{\"words\":[\"a\"]}],\"block\":{\"base64\":\"YQA=\",\"lengths\":[2]}}",
            "org.pard.Control.BadArgument"),
        BadCall(run: "{\"workload\":\"io\",\"arguments\":{\"size\":\"big\"}}", "org.pard.Control.BadArgument"),
    ]
}
