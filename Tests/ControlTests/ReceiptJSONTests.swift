import Control
import Foundation
import Testing

@Suite("Receipts written straight to JSON")
struct ReceiptJSONTests {
    private static var full: Receipt {
        var receipt = Samples.receipt()
        receipt.figures = [Samples.figure, Samples.figure]
        receipt.failures = [Failure(reason: "worker \"1\" died\n", count: 2, firstTask: 1)]
        receipt.input = "a 'b'…"
        receipt.arguments = ["size": "8MiB", "read": "true", "dir": "/tmp/\u{1F980}"]
        return receipt
    }
    private static var bare: Receipt {
        var receipt = Samples.receipt(nil, speedup: nil, valueUnit: nil)
        (receipt.figures, receipt.workerCosts, receipt.failures, receipt.arguments) = ([], [], [], [:])
        (receipt.efficiency, receipt.breakEven, receipt.input) = (nil, nil, nil)
        return receipt
    }

    @Test("a receipt reads as the receipt it was", arguments: [full, bare])
    func roundTrip(receipt: Receipt) throws {
        let bytes = receipt.replyJSON
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(bytes)) == Run.Reply(receipt: receipt))
        #expect(Run.Reply(parameters: bytes) == Run.Reply(receipt: receipt))
    }

    @Test("a receipt has every key of its Codable form, with null where there is no value", arguments: [full, bare])
    func keys(receipt: Receipt) throws {
        let written = try JSONSerialization.jsonObject(with: Data(receipt.replyJSON)) as? NSDictionary
        let coded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(["receipt": receipt])) as? NSDictionary
        #expect(written != nil && written == coded)
    }

    @Test("a fraction that JSON can't hold is null")
    func fraction() throws {
        var receipt = Self.full
        receipt.speedup = .infinity
        let bytes = receipt.replyJSON
        receipt.speedup = nil
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(bytes)) == Run.Reply(receipt: receipt))
    }
}

@Suite("Requests read without a decoder")
struct PlainRequestTests {
    @Test(
        "a request is read as the ordinary decoder reads it",
        arguments: [
            Run.Request(workload: "noop"),
            Run.Request(
                workload: "io", arguments: ["size": "8MiB", "read": "true"], mode: .mixed, processes: 2, threads: 3,
                tasks: 7, cold: .exec, timeout: 5, records: true),
        ])
    func plain(request: Run.Request) {
        #expect(Run.Request(parameters: request.json) == request)
    }

    @Test(
        "one with parts that only the ordinary decoder reads, or that is wrong, is left to it",
        arguments: [
            #"{"workload":"exec","inputs":[{"words":["true"]}]}"#, #"{"workload":7}"#, "{}", "[]", "",
            #"{"workload":"noop","mode":"sideways"}"#, #"{"workload":"noop","records":1}"#,
            #"{"workload":"noop","workload":"io"}"#,
        ])
    func others(text: String) {
        #expect(Run.Request(parameters: Array(text.utf8)) == nil)
    }
}
