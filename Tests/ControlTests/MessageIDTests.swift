import Control
import Foundation
import Testing

@Suite struct MessageIDTests {
    /// The catalogue as it is installed.
    private func catalog() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "systemd/pard.catalog"), encoding: .utf8)
    }

    @Test func `every message ID is 128 bits of its own`() {
        let ids = MessageID.allCases.map(\.rawValue)
        #expect(Set(ids).count == ids.count)
        for id in ids {
            #expect(id.utf8.count == 32)
            #expect(id.allSatisfy { "0123456789abcdef".contains($0) })
        }
    }

    @Test func `the catalog has an entry for each message ID and for no other`() throws {
        let headers = try catalog().split(separator: "\n").filter { $0.hasPrefix("-- ") }.map { $0.dropFirst(3) }
        #expect(headers.map(String.init).sorted() == MessageID.allCases.map(\.rawValue).sorted())
    }

    @Test func `every catalog entry has a subject, who defines it, what it means and what to do`() throws {
        let entries = try catalog().components(separatedBy: "\n-- ").dropFirst()
        for entry in entries {
            let lines = entry.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines[1].hasPrefix("Subject: "))
            #expect(lines.contains("Defined-By: pard"))
            // Below the header: what it means, then what to do, each a paragraph at least.
            #expect(entry.components(separatedBy: "\n\n").count >= 3)
        }
    }

    @Test func `the entry of a run shows fields that such an entry has`() throws {
        let whole = try catalog()
        let start = try #require(whole.range(of: "-- \(MessageID.runFinished.rawValue)"))
        let entry = whole[start.upperBound...].components(separatedBy: "\n-- ")[0]
        let shown = entry.split(separator: "@").filter { $0.hasPrefix("PARD_") && !$0.contains("\n") }
        #expect(!shown.isEmpty)
        for name in shown { #expect(RunField(rawValue: String(name)) != nil, "\(name)") }
    }
}
