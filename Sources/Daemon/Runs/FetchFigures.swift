import Control
import Ledger
import Timing

/// What the requests of a job took beside their times, summed up: each over those of which it is known.
struct FetchFigures: TaskFigures {
    private var connections = Samples()
    private var lookup = Samples()
    private var connect = Samples()
    private var tls = Samples()
    private var firstByte = Samples()

    mutating func add(_ place: UnsafeRawPointer) -> UInt64? {
        let detail = FetchDetail(at: place)
        guard detail.status > 0 else { return nil }
        connections.record(UInt64(detail.connections))
        // On a connection that was open there was nothing to be looked up, connected or agreed on.
        if detail.connections > 0 {
            lookup.record(detail.lookup)
            connect.record(detail.connect)
            if detail.tls > 0 { tls.record(detail.tls) }
        }
        firstByte.record(detail.firstByte)
        return nil
    }

    var figures: [Figure] {
        [
            Figure("new connections", "connections", connections), Figure("name look-up", "ns", lookup),
            Figure("connect", "ns", connect), Figure("TLS", "ns", tls), Figure("first byte", "ns", firstByte),
        ].filter { $0.count > 0 }
    }
}
