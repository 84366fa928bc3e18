import ArgumentParser
import Catalogue
import Control
import Foundation
import Testing

@testable import parctl

@Suite struct CompletionTests {
    private func words(_ words: String...) -> [String] {
        Completion.words(words, index: words.count - 1, prefix: words.last ?? "", offer: .own)
    }

    @Test func `workloads come first`() {
        #expect(words("parctl", "run", "") == Catalogue.all.map(\.name))
        #expect(
            words("parctl", "--socket", "/s", "run", "--threads", "4", "i") == Catalogue.all.map(\.name))
    }

    @Test func `then come the options of the workload`() {
        #expect(
            words("parctl", "run", "io", "--") == ["--size", "--read", "--fsync", "--same-file", "--dir", "--quiet"])
        #expect(words("parctl", "run", "noop", "") == ["--quiet"])
    }

    @Test func `after an option that takes a value comes its default`() {
        #expect(words("parctl", "run", "io", "--size", "") == ["8MiB"])
        #expect(words("parctl", "run", "dot", "--dtype", "") == ["f64", "f32"])
        #expect(
            words("parctl", "run", "io", "--read", "") == [
                "--size", "--read", "--fsync", "--same-file", "--dir", "--quiet",
            ])
    }

    @Test func `where a file is meant come files, and for a command programs as well`() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/completion-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder + "/sub", withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["some", ".hidden", "other"] { try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)")) }
        #expect(words("parctl", "run", "io", "--dir", "\(folder)/s") == ["\(folder)/some", "\(folder)/sub/"])
        #expect(words("parctl", "run", "exec", "-a", "\(folder)/.h") == ["\(folder)/.hidden"])
        #expect(words("parctl", "run", "exec", "cat", ":::", "\(folder)/o") == ["\(folder)/other"])
        #expect(words("parctl", "run", "exec", "--threads", "2", "mkdi").contains("mkdir"))
        #expect(!words("parctl", "run", "exec", "cat", "mkdi").contains("mkdir"))
        #expect(words("parctl", "run", "exec", "--tag", "--ke").contains("--keep-order"))
    }

    @Test func `bash is offered words before options, and takes them for no files`() {
        let script = BashCompletion.mended("_parctl() {\n}\n\ncomplete -o filenames -F _parctl parctl")
        #expect(script.hasPrefix("_parctl() {\n}\n"))
        #expect(script.hasSuffix("complete -o filenames -F _parctl_words parctl"))
        #expect(!script.contains("-F _parctl parctl"))
        let generated = Parctl.completionScript(for: .bash)
        #expect(BashCompletion.mended(generated) != generated)
    }

    @Test func `names of pools are offered where no daemon tells them`() {
        #expect(
            Completion.pools(["parctl", "--socket", "/none", "pools", "resize", ""], index: 5, prefix: "").contains(
                "threads"))
        #expect(Completion.jobs(["parctl", "--socket", "/none", "cancel", ""], index: 4, prefix: "").isEmpty)
    }

    @Test func `what only the daemon knows is offered as well, as far as a shell takes it for a word`() {
        let offer = WorkloadOffer {
            ["nap", "rm -rf\n"].map { name in
                WorkloadDescription(
                    name: name, summary: "", detail: "", unit: nil, rerun: true,
                    options: [
                        .init(name: "depth", kind: "count", value: "3", summary: ""),
                        .init(name: "$(x)", kind: "flag", value: nil, summary: ""),
                    ])
            }
        }
        func words(_ words: String...) -> [String] {
            Completion.words(words, index: words.count - 1, prefix: words.last ?? "", offer: offer)
        }
        #expect(words("parctl", "run", "") == Catalogue.all.map(\.name) + ["nap"])
        #expect(words("parctl", "run", "nap", "") == ["--depth", "--quiet"])
        #expect(words("parctl", "run", "nap", "--depth", "") == ["3"])
    }
}
