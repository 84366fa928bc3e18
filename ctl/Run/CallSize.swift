import Varlink

/// How long the call of a run gets by what its tasks are given. It has a limit, and one that is longer is hung up on.
enum CallSize {
    /// Bytes that inputs may come to. The rest of the call, the environment above all, has room beside them.
    static let limit = Limits.serverFrameBytes / 2

    /// Throws where `copies` of all `inputs` are too long for a call.
    static func check(_ inputs: [[String]], copies: Int = 1, of words: RunWords) throws(CommandError) {
        let one = inputs.reduce(0) { $0 + bytes(of: $1) }
        let (all, isBeyond) = one.multipliedReportingOverflow(by: copies)
        guard isBeyond || all > limit else { return }
        let things =
            switch words.definition.input {
            case .command: "commands"
            case .url, .request: "requests"
            case .item, .bytes, nil: "items"
            }
        let size = isBeyond ? "far too much" : "\(all >> 20) MiB"
        throw words.fault(
            "the \(things) come to \(size), and a run takes at most \(limit >> 20) MiB: run them in parts")
    }

    /// Bytes of what one task is given as JSON, a ``Run/Input``, and the comma behind it.
    static func bytes(of input: [String]) -> Int {
        input.reduce("{'words':[]},".utf8.count) { $0 + bytes(of: $1) }
    }

    /// Bytes of `text` as a JSON string and the comma behind it.
    static func bytes(of text: String) -> Int {
        text.utf8.reduce(3) { sum, byte in
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): sum + 2
            case 0..<0x20: sum + 6
            default: sum + 1
            }
        }
    }
}
