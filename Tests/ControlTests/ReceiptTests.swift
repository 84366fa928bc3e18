import Control
import Foundation
import Testing

@Suite("The receipt's JSON")
struct ReceiptTests {
    @Test("members without a value are explicit nulls")
    func nulls() throws {
        let data = try JSONEncoder().encode(Samples.receipt(nil, speedup: nil, valueUnit: nil))
        guard case .object(let members) = try JSONDecoder().decode(JSONValue.self, from: data) else {
            Issue.record("not an object")
            return
        }
        for name in ["reason", "speedup", "efficiency", "break_even", "value_unit"] {
            #expect(members[name] == .null, "\(name)")
        }
    }

    @Test("a receipt comes back from its JSON as it was", arguments: [true, false])
    func roundTrip(full: Bool) throws {
        let receipt = full ? Samples.receipt() : Samples.receipt(nil, speedup: nil, valueUnit: nil)
        #expect(try JSONDecoder().decode(Receipt.self, from: JSONEncoder().encode(receipt)) == receipt)
    }

    @Test("elapsed is the sum of the phases, and the schema has its version")
    func derived() {
        let receipt = Samples.receipt()
        #expect(receipt.elapsed == 21)
        #expect(receipt.workers == 4)
        #expect(receipt.tasks.total == 10)
        #expect(receipt.schema == "pard.run/1")
    }
}
