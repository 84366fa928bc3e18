/// Why a configuration can't be used: where the fault is, and what would be right.
public enum SettingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// `place` is the file with its line.
    case unknownKey(String, place: String)
    case unknownFlag(String)
    /// A flag stands at the end, without what it takes.
    case noValue(String, expected: String)
    /// `place` is the flag, the variable, or the key with its file and line.
    case badValue(String, place: String, expected: String)
    /// A line has another shape than a name and a value.
    case notSettings(place: String)
    /// A value of this setting is written in more of YAML than is read here.
    case notPlain(String, place: String)
    /// A line has bytes that are no text.
    case notText(place: String)
    case setTwice(String, place: String, firstLine: Int)
    case unreadable(file: String, reason: String)
    /// The floors are more than all workers together may be.
    case floorsAboveLimit(threads: Int, processes: Int, limit: Int)
    /// This limit of the host leaves no room for a worker.
    case noRoom(limit: String)

    public var description: String {
        switch self {
        case .unknownKey(let key, let place):
            "\(place): there is no setting \(key): choose one of \(Setting.all.map(\.name).joined(separator: ", "))"
        case .unknownFlag(let word): "there is no flag '\(word)': see 'pard --help'"
        case .noValue(let flag, let expected): "\(flag) takes a value: \(expected)"
        case .badValue(let value, let place, let expected): "\(place) can't be '\(value)': it takes \(expected)"
        case .notSettings(let place):
            "\(place): settings are written as 'name: value', each at the beginning of a line of its own"
        case .notPlain(let name, let place):
            "\(place): only plain values of YAML are understood: write '\(name): value', without brackets, lists or escapes"
        case .notText(let place): "\(place): it is not text in UTF-8"
        case .setTwice(let name, let place, let line):
            "\(place): \(name) is set in line \(line) already: keep one of them"
        case .unreadable(let file, let reason): "\(file) can't be read: \(reason)"
        case .floorsAboveLimit(let threads, let processes, let limit):
            "floor-threads \(threads) and floor-processes \(processes) are more than worker-limit \(limit): "
                + "lower the floors, or raise the limit"
        case .noRoom(let limit): "the host leaves no room for a single worker: raise \(limit)"
        }
    }
}
