import Glibc
import Linux
import Testing

@Suite("A memory file that is filled bit by bit")
struct FilledFileTests {
    /// All that is in a file.
    private func contents(_ file: borrowing Descriptor) throws -> [UInt8] {
        var bytes = [UInt8](repeating: 1, count: try memoryFileSize(file.raw))
        let count = pread(file.raw, &bytes, bytes.count, 0)
        try #require(count == bytes.count)
        return bytes
    }

    @Test("holds its parts at multiples of 16 with zeros between, however much longer it gets than was expected")
    func parts() throws {
        var file = try FilledFile(named: "test", expecting: 10)
        let table = try file.add(zeros: 24)
        var expected: [(offset: Int, bytes: [UInt8])] = []
        for number in 0..<2000 {
            // Some are written by the system: they are larger than what is copied here.
            let count = number % 100 == 50 ? 20_000 + number : number % 37
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: number | 1), count: count)
            let offset = try bytes.withUnsafeBytes { try file.add($0) }
            #expect(offset.isMultiple(of: 16))
            expected.append((offset, bytes))
        }
        file.put(0x0102_0304_0506_0708 as UInt64, at: table + 16)
        let end = file.byteCount
        let sealed = try file.seal()
        let isSealed = sealed.isSealed
        #expect(isSealed)
        var bytes = try contents(sealed)
        #expect(bytes.count == end && bytes[16..<24] == [8, 7, 6, 5, 4, 3, 2, 1])
        for part in expected {
            let place = part.offset..<part.offset + part.bytes.count
            #expect(Array(bytes[place]) == part.bytes)
            bytes.replaceSubrange(place, with: repeatElement(0, count: place.count))
        }
        #expect(bytes[24...].allSatisfy { $0 == 0 })
    }

    @Test("may stay empty")
    func empty() throws {
        let file = try FilledFile(named: "test", expecting: 0)
        let sealed = try file.seal()
        #expect(try contents(sealed) == [])
    }
}
