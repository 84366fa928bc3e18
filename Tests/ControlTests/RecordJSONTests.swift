import Control
import FoundationEssentials
import Testing
import Varlink

@Suite("Records written straight to JSON")
struct RecordJSONTests {
    static let plain = Record(
        task: 3, worker: 1, pid: 4242, tid: 4244, start: 42_000, stop: 6_142_000, cpu: 2_500_000, attempt: 1,
        status: "ok", value: 8_388_608, reason: nil)
    static let lost = Record(
        task: 10, worker: 0, pid: 0, tid: 0, start: 0, stop: 0, cpu: 0, attempt: 3, status: "lost", value: .min,
        reason: "worker \"1\" died\n")

    @Test("a record reads as the record it was", arguments: [plain, lost, Samples.record])
    func roundTrip(record: Record) throws {
        var json = JSONWriter()
        RecordJSON.append(record, to: &json)
        let bytes = json.bytes
        #expect(try JSONDecoder().decode(Record.self, from: Data(bytes)) == record)
    }

    @Test("a record has the keys of its Codable form, in the order of the interface")
    func order() {
        var json = JSONWriter()
        RecordJSON.append(Self.plain, to: &json)
        let bytes = json.bytes
        #expect(
            String(decoding: bytes, as: UTF8.self)
                == #"{"task":3,"worker":1,"pid":4242,"tid":4244,"start":42000,"stop":6142000,"cpu":2500000,"attempt":1,"#
                + #""status":"ok","value":8388608}"#)
    }

    @Test("the parameters of a reply with outputs read as the reply", arguments: [0, 1, 3])
    func outputs(count: Int) throws {
        let outputs = Array(
            [
                Output(task: 1, stdout: "YQ==", stderr: ""),
                Output(task: 1, stdout: "", stderr: "Yg==", record: Self.plain),
                Output(task: 2, stdout: "", stderr: "\"", record: Samples.record),
            ].prefix(count))
        let bytes = RecordJSON.parameters(outputs: outputs)
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(bytes)) == Run.Reply(outputs: outputs))
        let early = RecordJSON.parameters(early: outputs)
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(early)) == Run.Reply(early: outputs))
    }

    @Test("the parameters of a reply read as the reply", arguments: [0, 1, 3])
    func parameters(count: Int) throws {
        let records = Array([Self.plain, Self.lost, Samples.record].prefix(count))
        let bytes = RecordJSON.parameters(records: records)
        #expect(try JSONDecoder().decode(Run.Reply.self, from: Data(bytes)) == Run.Reply(records: records))
    }
}
