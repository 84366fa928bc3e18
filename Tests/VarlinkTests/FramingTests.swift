import Testing
import Varlink

@Suite("Framing")
struct FramingTests {
    /// Frames of different kinds: short, empty, long, with bytes above ASCII.
    static let frames: [[UInt8]] = [
        Array("{}".utf8), [], Array("{\"a\":1}".utf8), [UInt8](repeating: 0x61, count: 300), [0xC3, 0xA9, 0xFF], [],
    ]
    static let stream: [UInt8] = Array(frames.map { $0 + [0] }.joined())

    @Test("the same frames come out however the stream is split")
    func anySplit() throws {
        var random = Generator(seed: 20)
        for _ in 0..<2_000 {
            var splitter = FrameSplitter(limit: 300)
            var taken: [[UInt8]] = []
            var index = 0
            while index < Self.stream.count {
                let longest = 1 << Int.random(in: 0...9, using: &random)
                let end = Int.random(in: index...min(index + longest, Self.stream.count), using: &random)
                splitter.append(Array(Self.stream[index..<end]))
                index = end
                // Sometimes frames are left to pile up.
                while Bool.random(using: &random), let frame = try splitter.next() { taken.append(frame) }
            }
            while let frame = try splitter.next() { taken.append(frame) }
            try #require(taken == Self.frames)
            #expect(splitter.bufferedBytes == 0)
        }
    }

    @Test("byte by byte, a frame is there exactly when its NUL is")
    func byteByByte() throws {
        var splitter = FrameSplitter(limit: 300)
        for byte in Self.stream {
            splitter.append([byte])
            #expect(splitter.hasFrame == (byte == 0))
            #expect(try (splitter.next() != nil) == (byte == 0))
        }
    }

    @Test("a frame may be as long as the limit and no longer")
    func limit() throws {
        var splitter = FrameSplitter(limit: 4)
        splitter.append([1, 2, 3, 4])
        #expect(try splitter.next() == nil)
        splitter.append([0])
        #expect(try splitter.next() == [1, 2, 3, 4])
        splitter.append([1, 2, 3, 4, 5, 0])
        #expect(throws: FrameError.tooLong(limit: 4)) { try splitter.next() }
    }

    @Test("a frame that is too long is reported before it ends")
    func limitWithoutEnd() throws {
        var splitter = FrameSplitter(limit: 4)
        splitter.append([1, 2, 3, 4, 5])
        #expect(!splitter.hasFrame)
        #expect(throws: FrameError.tooLong(limit: 4)) { try splitter.next() }
    }
}

/// A generator whose sequence is the same every time (SplitMix64).
struct Generator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
