import Testing

@testable import parctl

@Suite struct CompletionTests {
    private func words(_ words: String...) -> [String] {
        Completion.words(words, index: words.count - 1, prefix: words.last ?? "")
    }

    @Test func `workloads come first`() {
        #expect(words("parctl", "run", "") == ["noop", "sleep", "cpu", "io", "dot", "exec", "download", "api"])
        #expect(
            words("parctl", "--socket", "/s", "run", "--threads", "4", "i") == [
                "noop", "sleep", "cpu", "io", "dot", "exec", "download", "api",
            ])
    }

    @Test func `then come the options of the workload`() {
        #expect(words("parctl", "run", "io", "--") == ["--size", "--read", "--fsync", "--same-file", "--dir"])
        #expect(words("parctl", "run", "noop", "") == [])
    }

    @Test func `after an option that takes a value comes its default`() {
        #expect(words("parctl", "run", "io", "--size", "") == ["8MiB"])
        #expect(words("parctl", "run", "io", "--dir", "") == [])
        #expect(words("parctl", "run", "dot", "--dtype", "") == ["f64", "f32"])
        #expect(words("parctl", "run", "io", "--read", "") == ["--size", "--read", "--fsync", "--same-file", "--dir"])
    }
}
