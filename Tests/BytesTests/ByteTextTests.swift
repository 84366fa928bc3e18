import Bytes
import Testing

@Suite("Bytes as text") struct ByteTextTests {
    @Test(
        "What is UTF-8 stands as it is", arguments: ["", "plain", "Grüße", "\u{10FFFF}\u{10FE7F}\u{10FF00}", "a\nb\0c"])
    func valid(text: String) {
        #expect(String(bytes: Array(text.utf8)) == text)
        #expect(text.bytes == Array(text.utf8))
    }

    @Test("A byte that is no part of UTF-8 is a character of its own")
    func invalid() {
        #expect(String(bytes: [0x61, 0xFF, 0x80, 0x62]) == "a\u{10FEFF}\u{10FE80}b")
        #expect(String(bytes: [0xC3]) == "\u{10FEC3}")
        // A surrogate, an overlong slash, and what lies beyond the last character.
        #expect(String(bytes: [0xED, 0xA0, 0x80]).unicodeScalars.count == 3)
        #expect(String(bytes: [0xC0, 0xAF]).unicodeScalars.count == 2)
        #expect(String(bytes: [0xF4, 0x90, 0x80, 0x80]).unicodeScalars.count == 4)
    }

    @Test("Any bytes come back, those of the characters that stand for bytes among them")
    func roundTrip() {
        var generator = SystemRandomNumberGenerator()
        let parts: [[UInt8]] = [
            [0xFF], [0xC3, 0xA4], [0xC3], [0xF4, 0x8F, 0xBA, 0x80], [0xF4, 0x8F, 0xBB, 0xBF], [0xF4, 0x8F, 0xBB],
            [0xF4],
            [0xE2, 0x82, 0xAC], [0x61], [0x0A], [0x80], [0xBF], [0xC0], [0xF4, 0x8F], [0xED, 0xB3, 0xBF], [0xFE],
        ]
        for _ in 0..<20_000 {
            let count = Int.random(in: 0..<8, using: &generator)
            let bytes = (0..<count).flatMap { _ in parts.randomElement(using: &generator) ?? [] }
            let text = String(bytes: bytes)
            #expect(text.bytes == bytes)
            #expect(String(bytes: text.bytes) == text)
        }
        for byte in UInt8.min...UInt8.max { #expect(String(bytes: [byte]).bytes == [byte]) }
    }

    @Test("UTF-8 is told from other bytes as the standard library does")
    func check() {
        var generator = SystemRandomNumberGenerator()
        // Short ones and ones of several words, with borders of UTF-8's ranges among their bytes.
        let some: [UInt8] = [
            0x00, 0x61, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xE0, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        for _ in 0..<50_000 {
            let plain = [UInt8](repeating: 0x61, count: Int.random(in: 0..<20, using: &generator))
            let count = Int.random(in: 0..<5, using: &generator)
            let bytes = plain + (0..<count).compactMap { _ in some.randomElement(using: &generator) }
            #expect(String(utf8: bytes[...]) == String(validating: bytes, as: UTF8.self), "\(bytes)")
        }
    }

    @Test("System calls get the bytes and a NUL")
    func system() {
        #expect("a\u{10FEFF}".cBytes == [0x61, -1, 0])
        #expect("a\u{10FEFF}".cBytes.withUnsafeBufferPointer { String(cBytes: $0.baseAddress!) } == "a\u{10FEFF}")
    }
}
