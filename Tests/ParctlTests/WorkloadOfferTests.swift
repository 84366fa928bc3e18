import Catalogue
import Control
import Testing

@testable import parctl

@Suite struct WorkloadOfferTests {
    private static let nap = WorkloadDescription(
        name: "nap", summary: "sleep well", detail: "A task dreams.", unit: nil, rerun: true, input: "item",
        options: [.init(name: "depth", kind: "count", value: "1", summary: "how deep", least: 1, most: 9)],
        examples: ["nap --depth 2 a b"])

    /// `noop` with an option that this program's own table doesn't have.
    private static var newerNoop: WorkloadDescription {
        var noop = WorkloadDescription(.noop)
        noop.options = [.init(name: "spin", kind: "duration", value: "0", summary: "how long", most: 1_000_000)]
        return noop
    }

    private let offer = WorkloadOffer { [nap, newerNoop] }
    private static var unasked: WorkloadOffer {
        WorkloadOffer {
            Issue.record("the daemon was asked")
            return nil
        }
    }

    private func complaint(_ words: String..., offer: WorkloadOffer) -> String? {
        #expect(throws: CommandError.self) { try CommandWords.read(words, offer: offer) }?.message
    }

    @Test func `a workload that only the daemon knows is run with its options and inputs, checked as it says`() throws {
        let words = try CommandWords.read(["nap", "--depth", "3", "a", "b c"], offer: offer)
        #expect(words.arguments == ["depth": "3"])
        #expect(try RunInputs(words, tasks: nil).count == 2)
        var request = try RunShape(threads: 2).request(words.definition.name, words.arguments)
        try RunInputs(words, tasks: nil).put(into: &request)
        #expect(request.workload == "nap" && request.inputs == [["a"], ["b c"]])
        #expect(complaint("nap", "--depth", "10", "a", offer: offer)?.contains("a whole number from 1 to 9") == true)
        #expect(complaint("nap", "--blub", "a", offer: offer)?.contains("nap takes --depth, --from") == true)
        let none = #expect(throws: CommandError.self) {
            try RunInputs(try CommandWords.read(["nap"], offer: offer), tasks: nil)
        }
        #expect(none?.message?.hasPrefix("nap: which items?") == true)
    }

    @Test func `an option that only the daemon knows is taken by a workload that both know`() throws {
        let words = try CommandWords.read(["noop", "--spin", "5us"], offer: offer)
        #expect(words.arguments == ["spin": "5us"])
        #expect(complaint("noop", "--spin", "5s", offer: offer)?.contains("--spin takes") == true)
    }

    @Test func `a plain line of this program's own never asks the daemon`() throws {
        for line in [["noop"], ["io", "--size", "1KiB", "--read"], ["exec", "true", ":::", "a"]] {
            _ = try CommandWords.read(line, offer: Self.unasked)
        }
        #expect(HotLine(["run", "noop", "--threads", "2"]) != nil)
        #expect(HotLine(["run", "nap", "--threads", "2"]) == nil)
    }

    @Test func `help and lists are the daemon's where one answers, and this program's own where none does`() throws {
        #expect(try offer.definition(preferringDaemon: "noop").options.map(\.name) == ["spin"])
        #expect(try WorkloadOffer.own.definition(preferringDaemon: "noop").options.isEmpty)
        // A daemon of another version need not have all of this program's own.
        #expect(throws: CommandError.self) { try offer.definition(preferringDaemon: "io") }
        let failure = #expect(throws: CommandError.self) { try offer.definition(named: "nup") }
        #expect(failure?.message?.contains("did you mean 'nap'?") == true)
    }

    @Test func `inputs that this program can't read are refused with what would do`() {
        var dream = Self.nap
        dream.input = "dream"
        let offer = WorkloadOffer { [dream] }
        let failure = #expect(throws: CommandError.self) { try offer.definition(named: "nap") }
        #expect(failure?.message?.contains("('dream'): use the parctl that came with the daemon") == true)
    }
}
