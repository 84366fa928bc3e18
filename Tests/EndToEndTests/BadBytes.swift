import Varlink

/// Bytes that no client of the protocol sends.
enum BadBytes: String, CaseIterable {
    case otherProtocol, noText, nothingButEnds, jsonArray, halfAnObject, noMethod, endlessFrame, tooDeep

    var bytes: [UInt8] {
        switch self {
        case .otherProtocol: Array("GET / HTTP/1.1\r\n\r\n\0".utf8)
        case .noText: Array(0x80...0xff) + [0]
        case .nothingButEnds: [0, 0, 0]
        case .jsonArray: Array("[]\0".utf8)
        case .halfAnObject: Array("{\"method\":\0".utf8)
        case .noMethod: Array("{}\0".utf8)
        case .endlessFrame: Array(repeating: UInt8(ascii: " "), count: Limits.serverFrameBytes + (1 << 20))
        case .tooDeep:
            Array("{\"method\":\"org.pard.Control.Ping\",\"parameters\":{\"a\":".utf8)
                + Array(repeating: UInt8(ascii: "["), count: 100_000) + [0]
        }
    }
}
