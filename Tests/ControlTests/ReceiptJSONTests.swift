import Control
import Foundation
import Testing
import Varlink

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
        receipt.histograms?.dispatch = nil
        receipt.host = Host(name: "", kernel: "Linux", cores: 1)
        return receipt
    }

    private static func written(_ receipt: Receipt) -> [UInt8] {
        var json = JSONWriter(expecting: 1)
        receipt.writeReply(to: &json)
        return json.bytes
    }

    @Test("a receipt reads as the receipt it was", arguments: [full, bare])
    func roundTrip(receipt: Receipt) throws {
        let bytes = Self.written(receipt)
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(bytes)) == Run.Reply(receipt: receipt))
        #expect(Run.Reply(parameters: bytes) == Run.Reply(receipt: receipt))
    }

    @Test("a receipt has every key of its Codable form, with null where there is no value", arguments: [full, bare])
    func keys(receipt: Receipt) throws {
        let written = try JSONSerialization.jsonObject(with: Data(Self.written(receipt))) as? NSDictionary
        let coded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(["receipt": receipt])) as? NSDictionary
        #expect(written != nil && written == coded)
    }

    @Test("a fraction that JSON can't hold is null")
    func fraction() throws {
        var receipt = Self.full
        receipt.speedup = .infinity
        let bytes = Self.written(receipt)
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
            Run.Request(
                workload: "exec", inputs: [["echo", "a \"b\" \u{10FEFF}\n"], ["true"], Run.Input(words: [])],
                context: Context(directory: "/", umask: 0o22, environment: ["A=b", "C="]), outputs: .tasks,
                halt: Halt(failures: 3, now: true), results: false, early: true, wait: true),
            Run.Request(
                workload: "exec", inputs: [],
                context: Context(
                    directory: "/tmp", umask: 0, environment: [], ignored: [1, 2], nice: -3, io: 7, oom: 0, policy: 3,
                    cpus: [0, 70], limits: [-1, 5])),
            Run.Request(workload: "native", block: Run.Block(base64: "AAA=", lengths: [1, 1])),
            Run.Request(workload: "native", block: Run.Block(descriptor: 0, table: 8)),
        ])
    func plain(request: Run.Request) {
        #expect(Run.Request(parameters: request.json) == request)
    }

    @Test(
        "one that is wrong is left to the ordinary decoder, which says what is",
        arguments: [
            #"{"workload":"exec","inputs":[{}]}"#, #"{"workload":"exec","inputs":[{"words":[1]}]}"#,
            #"{"workload":"exec","halt":{"failures":1}}"#, #"{"workload":"noop","more":1}"#, #"{"workload":7}"#, "{}",
            "[]", "",
            #"{"workload":"noop","mode":"sideways"}"#, #"{"workload":"noop","records":1}"#,
            #"{"workload":"noop","workload":"io"}"#,
        ])
    func others(text: String) {
        #expect(Run.Request(parameters: Array(text.utf8)) == nil)
    }
}
