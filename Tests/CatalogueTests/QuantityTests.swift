import Testing

@testable import Catalogue

@Suite("Quantities")
struct QuantityTests {
    @Test(
        "read sizes with their units",
        arguments: [
            ("0", 0), ("512", 512), ("1B", 1), ("1kB", 1000), ("1KiB", 1024), ("1.5KiB", 1536), ("8MiB", 8_388_608),
            ("2GB", 2_000_000_000), ("1GiB", 1_073_741_824),
        ])
    func sizes(text: String, bytes: Int) {
        #expect(Quantity.bytes(text) == bytes)
    }

    @Test(
        "read durations with their units",
        arguments: [
            ("250us", 250_000), ("250µs", 250_000), ("10ms", 10_000_000), ("1.5s", 1_500_000_000), ("2", 2_000_000_000),
            ("1m", 60_000_000_000), ("100ns", 100), ("1h", 3_600_000_000_000),
        ])
    func durations(text: String, nanoseconds: Int) {
        #expect(Quantity.nanoseconds(text) == nanoseconds)
    }

    @Test(
        "refuse what they don't understand",
        arguments: [
            "", "x", "-1", "1e9", "8 MiB", "MiB", "1.2.3", "8Mib", "99999999999999999999GB", "٣", "0x10", ".", "+5",
        ])
    func nonsense(text: String) {
        #expect(Quantity.bytes(text) == nil)
        #expect(Quantity.nanoseconds(text) == nil)
    }

    @Test("read whole numbers, with underscores between digits")
    func counts() {
        #expect(Quantity.count("1_000_000") == 1_000_000)
        for text in ["", "_1", "1_", "-1", "1.5", "99999999999999999999", "1 000", "٣"] {
            #expect(Quantity.count(text) == nil)
        }
    }
}

@Suite("Arguments")
struct ArgumentsTests {
    @Test("take defaults for what isn't given")
    func defaults() throws {
        let arguments = try Arguments(["read": ""], for: .io)
        let numbers = ["size", "read", "fsync", "same-file", "dir"].map(arguments.number)
        #expect(numbers == [8_388_608, 1, 0, 0, nil])
        #expect(arguments.text("dir") == "")
    }

    @Test("name the option, the value and what would do, when a value won't")
    func mismatch() throws {
        #expect(throws: Arguments.Mismatch.self) { try Arguments(["for": "soon"], for: .sleep) }
        #expect(throws: Arguments.Mismatch.self) { try Arguments(["for": "2000h"], for: .sleep) }
        do {
            _ = try Arguments(["fro": "1s"], for: .sleep)
            Issue.record("an unknown option was taken")
        } catch {
            #expect(error.option == "fro")
            #expect(error.expected.contains("--for"))
        }
    }

    @Test("read a choice as its place among the words that it may be")
    func choice() throws {
        #expect(try Arguments(["dtype": "f64"], for: .dot).number("dtype") == 0)
        #expect(try Arguments(["dtype": "f32"], for: .dot).number("dtype") == 1)
        do {
            _ = try Arguments(["dtype": "f16"], for: .dot)
            Issue.record("a word that is no choice was taken")
        } catch {
            #expect(error.expected == "one of f64, f32")
        }
    }

    @Test("read every default of the catalogue")
    func everyDefault() throws {
        for definition in Catalogue.all {
            #expect(throws: Never.self) { try Arguments([:], for: definition) }
        }
    }

    @Test("refuse a flag beside another one that excludes it, on both sides alike")
    func exclusions() {
        #expect(throws: Never.self) { try Arguments(["read": "true", "same-file": "false"], for: .io) }
        #expect(
            throws: Arguments.Mismatch(
                option: "read", value: "true", expected: "no same-file beside it, in which nothing can be checked")
        ) { try Arguments(["read": "true", "same-file": "true"], for: .io) }
    }
}
