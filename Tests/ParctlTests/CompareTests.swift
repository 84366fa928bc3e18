import ArgumentParser
import Control
import Report
import Testing

@testable import Catalogue
@testable import parctl

@Suite struct CompareTests {
    private func compare(_ arguments: String...) throws -> CompareCommand {
        try #require(try Parctl.parseAsRoot(CommandWords.expandingBare(["compare"] + arguments)) as? CompareCommand)
    }

    private func plan(rounds: Int = 3, tasks: Int = 8, records: Bool = true) -> ComparePlan {
        ComparePlan(
            words: RunWords(definition: .io, help: ""), inputs: .nothing, arms: Arm.matrix([2, 4]), rounds: rounds,
            tasks: tasks, timeout: 5, isCold: true, records: records)
    }

    @Test func `a comparison has the article's workers and ten rounds, unless told otherwise`() throws {
        let usual = try compare("cpu")
        #expect(usual.workers.counts == [2, 4])
        #expect(usual.runs == 10)
        let other = try compare("io", "--size", "1KiB", "--workers", "1,8", "-r", "20", "--timeline")
        #expect(other.workers.counts == [1, 8])
        #expect(other.workers.largest == 8)
        #expect(other.runs == 20)
        #expect(other.words == ["io", "--size", "1KiB"])
    }

    @Test(arguments: [
        "--workers=0", "--workers=2,", "--workers=a", "--workers=4611686018427387904", "--workers=2,1048577", "-r=0",
        "-r=1001", "--runs=many", "--tasks=0",
    ])
    func `wrong numbers are refused`(option: String) {
        #expect(throws: (any Error).self) { try compare("cpu", option) }
    }

    @Test func `every option is among those that mistyped ones are compared with`() {
        let help = Parctl.helpMessage(for: CompareCommand.self)
        for name in CompareCommand.options { #expect(help.contains("--\(name)"), "\(name)") }
    }

    @Test func `a mistyped option is told with the command's own help`() {
        let failure = #expect(throws: CommandError.self) {
            try CommandWords.read(["io", "--worker", "2"], command: "compare", options: CompareCommand.options)
        }
        #expect(
            failure?.message == "unknown option '--worker'; did you mean '--workers'?\nSee 'parctl compare --help'.")
    }

    @Test func `every round begins with another arm and has all of them`() {
        let orders = (0..<5).map(plan().order)
        #expect(orders.map(\.first) == [0, 1, 2, 3, 4])
        for order in orders { #expect(order.sorted() == [0, 1, 2, 3, 4]) }
    }

    @Test func `all arms run the same number of tasks`() throws {
        let plan = plan()
        let requests = try plan.arms.map { try plan.request($0, cold: false, records: false) }
        #expect(Set(requests.map(\.tasks)) == [8])
        #expect(requests.map(\.mode) == [.serial, .threads, .threads, .processes, .processes])
        #expect(requests.map(\.threads) == [nil, 2, 4, nil, nil])
        #expect(requests.map(\.processes) == [nil, nil, nil, 2, 4])
        #expect(requests.allSatisfy { $0.cold == nil && $0.records == nil && $0.timeout == 5 })
        #expect(try plan.request(plan.arms[0], cold: true, records: true).cold == .fresh)
    }

    @Test func `records of all rounds are kept while they are few`() {
        #expect(plan().keepsAllRecords)
        #expect(!plan(rounds: 10, tasks: 10_000).keepsAllRecords)
        #expect(!plan(tasks: .max).keepsAllRecords)
    }
}
