/// Numbers as people read them. JSON never goes through here.
public enum Units {
    /// A time of `nanoseconds` with three significant digits below a minute (`247 µs`, `12.3 ms`), and its two largest
    /// units from there on (`2 min 5 s`, `3 h 12 min`, `8 d 4 h`). Zero is `0`.
    public static func duration(_ nanoseconds: Int, unicode: Bool = true) -> String {
        guard nanoseconds >= 0 else {
            return "-" + duration(nanoseconds == .min ? .max : -nanoseconds, unicode: unicode)
        }
        guard nanoseconds > 0 else { return "0" }
        for (size, name) in [(1, "ns"), (1_000, unicode ? "µs" : "us"), (1_000_000, "ms"), (1_000_000_000, "s")] {
            if nanoseconds >= size * 1000 { continue }
            if size == 1_000_000_000, nanoseconds >= size * 60 { break }
            if let number = threeDigits(nanoseconds, of: size) { return "\(number) \(name)" }
        }
        let seconds = nanoseconds / 1_000_000_000
        return switch seconds {
        case ..<3600: pair(seconds / 60, "min", seconds % 60, "s")
        case ..<86_400: pair(seconds / 3600, "h", seconds % 3600 / 60, "min")
        default: pair(seconds / 86_400, "d", seconds % 86_400 / 3600, "h")
        }
    }

    /// A size of `count` bytes with three significant digits in powers of 1024: `512 B`, `8.00 MiB`.
    public static func bytes(_ count: Int) -> String {
        scaled(Double(count))
    }

    /// A rate of `count` bytes in `nanoseconds`, such as `4.81 GiB/s`; nil where no time passed.
    public static func rate(bytes count: Int, in nanoseconds: Int) -> String? {
        nanoseconds > 0 ? scaled(Double(count) * 1e9 / Double(nanoseconds)) + "/s" : nil
    }

    /// A rate of `count` things in `nanoseconds` with three significant digits: `1.25 million/s`, `640/s`; nil where no
    /// time passed.
    public static func rate(count: Int, in nanoseconds: Int) -> String? {
        guard nanoseconds > 0 else { return nil }
        let rate = Double(count) * 1e9 / Double(nanoseconds)
        return if rate >= 999_500_000 {
            threeDigits(rate / 1e9) + " billion/s"
        } else if rate >= 999_500 {
            threeDigits(rate / 1e6) + " million/s"
        } else {
            rate >= 1000 ? grouped(Int(rate.rounded())) + "/s" : threeDigits(rate) + "/s"
        }
    }

    /// A rate of `count` floating-point operations in `nanoseconds`, such as `48.1 GFLOP/s`; nil where no time passed.
    public static func rate(operations count: Int, in nanoseconds: Int) -> String? {
        // One in a nanosecond is a thousand million in a second.
        nanoseconds > 0 ? threeDigits(Double(count) / Double(nanoseconds)) + " GFLOP/s" : nil
    }

    /// A whole number with a comma between thousands: `1,000,000`.
    public static func grouped(_ number: Int) -> String {
        let digits = Array(String(number.magnitude))
        var text = number < 0 ? "-" : ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index).isMultiple(of: 3) { text.append(",") }
            text.append(digit)
        }
        return text
    }

    /// The share of `part` in `whole` with one decimal: `99.8 %`. Nothing of nothing is `0.0 %`; a share that is there
    /// but rounds to zero is `<0.1 %`.
    public static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0.0 %" }
        let share = Double(part) * 100 / Double(whole)
        return share < 0.05 ? "<0.1 %" : fixed(share, decimals: 1) + " %"
    }

    /// `value` with `decimals` digits after the point; `-` for what is no number or too large to say.
    public static func fixed(_ value: Double, decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        guard value.isFinite, abs(value) < 1e15 else { return "-" }
        let scaled = Int((value * Double(scale)).rounded())
        let fraction = String(scaled.magnitude % UInt(scale))
        let sign = scaled < 0 ? "-" : ""
        let whole = scaled.magnitude / UInt(scale)
        guard decimals > 0 else { return "\(sign)\(whole)" }
        return "\(sign)\(whole)." + String(repeating: "0", count: decimals - fraction.utf8.count) + fraction
    }

    /// `number` and its noun: `1 task`, `2,000 tasks`, `4 processes`.
    public static func counted(_ number: Int, _ noun: String) -> String {
        let plural = noun.hasSuffix("s") ? noun + "es" : noun + "s"
        return "\(grouped(number)) \(number == 1 ? noun : plural)"
    }

    /// About how many `value` is: three significant digits below a thousand, and whole numbers from there on.
    static func about(_ value: Double) -> String {
        value < 999.5 || value >= 1e15 ? threeDigits(value) : grouped(Int(value.rounded()))
    }

    /// `value` with three significant digits, or more where its whole part has more.
    public static func threeDigits(_ value: Double) -> String {
        fixed(value, decimals: abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0)
    }

    /// `number` units of `size` with three significant digits; nil where that rounds up to 1000.
    private static func threeDigits(_ number: Int, of size: Int) -> String? {
        if size == 1 { return String(number) }
        for (decimals, scale) in [(2, 100), (1, 10), (0, 1)] {
            let scaled = (number * scale + size / 2) / size
            if scaled < 1000 { return fixed(Double(scaled) / Double(scale), decimals: decimals) }
        }
        return nil
    }

    private static func pair(_ large: Int, _ largeName: String, _ small: Int, _ smallName: String) -> String {
        small == 0 ? "\(large) \(largeName)" : "\(large) \(largeName) \(small) \(smallName)"
    }

    private static func scaled(_ bytes: Double) -> String {
        var value = bytes
        var names = ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB"][...]
        guard abs(value) >= 1024 else {
            return bytes == bytes.rounded() ? "\(Int(bytes)) B" : threeDigits(bytes) + " B"
        }
        value /= 1024
        while abs(value) >= 1023.5, names.count > 1 {
            value /= 1024
            names.removeFirst()
        }
        return "\(threeDigits(value)) \(names.first ?? "KiB")"
    }
}
