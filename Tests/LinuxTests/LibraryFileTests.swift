import Glibc
import Testing

@testable import Linux

@Suite("A shared library as a file")
struct LibraryFileTests {
    /// The C library that this test runs with.
    private static let library: String? = [
        "/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6",
    ].first { (path: String) in access(path, R_OK) == 0 }

    /// A copy of the first so many bytes of a library, changed.
    private func changed(_ count: Int, _ change: (inout [UInt8]) -> Void) throws -> String {
        let source = open(try #require(Self.library), O_RDONLY)
        defer { close(source) }
        var bytes = [UInt8](repeating: 0, count: count)
        let came = read(source, &bytes, count)
        try #require(came == count)
        change(&bytes)
        var template = Array("/tmp/par-test-XXXXXX".utf8CString)
        let file = mkstemp(&template)
        defer { close(file) }
        let written = write(file, bytes, count)
        try #require(written == count)
        return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    @Test("tells the functions that it has for others, and which it lacks", .enabled(if: library != nil))
    func functions() throws {
        let file = try LibraryFile(at: try #require(Self.library))
        try file.check("malloc")
        #expect(throws: LibraryFile.Fault.self) { try file.check("no_such_function") }
        // A variable is none.
        #expect(throws: LibraryFile.Fault.self) { try file.check("environ") }
    }

    @Test("is none where it is for another machine, for programs, or no such file at all", .enabled(if: library != nil))
    func unfit() throws {
        for (place, value, words) in [
            (0, 0, "is not a shared library"), (4, 1, "is made for"), (18, 0xb5, "is made for"), (16, 2, "-shared"),
        ] {
            let path = try changed(4096) { $0[place] = UInt8(value) }
            defer { unlink(path) }
            let fault = #expect(throws: LibraryFile.Fault.self) { try LibraryFile(at: path) }
            #expect(fault?.description.contains(words) == true, "\(place)")
        }
        #expect(throws: LibraryFile.Fault.self) { try LibraryFile(at: "/nonexistent") }
        #expect(throws: LibraryFile.Fault.self) { try LibraryFile(at: "/") }
    }

    @Test(
        "that is cut or says what can't be doesn't tell its functions, and can be loaded or not",
        .enabled(if: library != nil), arguments: [0x28, 0x2c, 0x3a, 0x3c])
    func damaged(place: Int) throws {
        let path = try changed(4096) { bytes in for offset in place..<place + 2 { bytes[offset] = 0xff } }
        defer { unlink(path) }
        let file = try LibraryFile(at: path)
        #expect(file.functions == nil)
        try file.check("anything")
    }
}
