/// Numbers with units, as people type them.
public enum Quantity {
    /// Bytes of `text`: a whole or decimal number and `B`, `kB`, `MB`, `GB` (powers of 1000) or `KiB`, `MiB`, `GiB` (powers
    /// of 1024). A bare number is bytes. Nil for anything else, and above 2⁶² bytes.
    public static func bytes(_ text: String) -> Int? {
        scaled(text, by: sizeUnits, bare: 1)
    }

    /// Nanoseconds of `text`: a whole or decimal number and `ns`, `us` or `µs`, `ms`, `s`, `m` or `h`. A bare number is
    /// seconds. Nil for anything else, and above 2⁶² nanoseconds.
    public static func nanoseconds(_ text: String) -> Int? {
        scaled(text, by: durationUnits, bare: 1_000_000_000)
    }

    /// A whole number of 0 or more, with `_` between digits allowed, as in `1_000_000`. Nil for anything else.
    public static func count(_ text: String) -> Int? {
        guard let first = text.utf8.first, first != UInt8(ascii: "_"), text.utf8.last != UInt8(ascii: "_") else {
            return nil
        }
        let digits = text.filter { $0 != "_" }
        guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        return Int(digits)
    }

    private static let sizeUnits: [(String, Double)] = [
        ("B", 1), ("kB", 1e3), ("KB", 1e3), ("MB", 1e6), ("GB", 1e9),
        ("KiB", 1024), ("MiB", 1_048_576), ("GiB", 1_073_741_824),
    ]

    private static let durationUnits: [(String, Double)] = [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ]

    /// The largest quantity: far from overflow in any sum that is made of a few of them.
    private static let largest = 4_611_686_018_427_387_904.0

    private static func scaled(_ text: String, by units: [(String, Double)], bare: Double) -> Int? {
        let number = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
        let unit = text.dropFirst(number.count)
        guard let value = Double(number), value.isFinite else { return nil }
        let factor = unit.isEmpty ? bare : units.first { $0.0 == unit }?.1
        guard let factor, value * factor < largest else { return nil }
        return Int((value * factor).rounded())
    }
}

extension Quantity {
    /// `nanoseconds` as it would be typed, in the largest unit of which it is a whole number: `5s`, `250ms`.
    public static func text(nanoseconds: Int) -> String {
        for (name, size) in [
            ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000),
            ("us", 1000),
        ]
        where nanoseconds >= size && nanoseconds.isMultiple(of: size) { return "\(nanoseconds / size)\(name)" }
        return "\(nanoseconds)ns"
    }
}
