import Linux

/// How many commands run at a time, as GNU parallel and xargs spell it.
enum JobCount: Equatable {
    case exactly(Int)
    /// So many more than there are processors, or fewer.
    case more(Int)
    /// Hundredths of the processors.
    case percent(Double)
    /// As many as possible.
    case all

    init?(_ text: String) {
        if text.hasSuffix("%") {
            guard let number = Double(text.dropLast()), number.isFinite, number > 0, number <= 1_000_000 else {
                return nil
            }
            self = .percent(number)
            return
        }
        guard let number = Int(text), abs(number) <= 1_000_000 else { return nil }
        switch text.utf8.first {
        case UInt8(ascii: "+"), UInt8(ascii: "-"): self = .more(number)
        default: self = number == 0 ? .all : .exactly(number)
        }
    }

    /// What the first line of a file says.
    init?(ofFile path: String) {
        guard let bytes = try? readFile(path, atMost: 4096) else { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }.filter { $0 != UInt8(ascii: " ") }
        self.init(String(decoding: line, as: UTF8.self))
    }

    static let expected = "a number such as 4, +1, -1 or 50%, 0 for as many as possible, or a file with one"

    /// The number on a host of so many processors; nil where it is less than 1.
    ///
    /// - Parameter most: what `0` stands for.
    func number(processors: Int, most: Int) -> Int? {
        switch self {
        case .exactly(let number): number
        case .more(let number): processors + number >= 1 ? processors + number : nil
        case .percent(let number): max(1, Int((Double(processors) * number / 100).rounded(.up)))
        case .all: most
        }
    }
}
