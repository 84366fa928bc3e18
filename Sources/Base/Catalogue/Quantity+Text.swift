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
