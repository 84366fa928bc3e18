import Catalogue

/// Every setting's value, checked. What was not set and has no default is not there.
public struct SettingValues: Sendable, Equatable {
    private let texts: [String: String]

    init(_ texts: [String: String]) {
        self.texts = texts
    }

    /// The value as it was written.
    public func text(_ name: String) -> String? { texts[name] }

    /// Bytes, nanoseconds, ones, or 0 or 1.
    public func number(_ name: String) -> Int? {
        guard let text = texts[name] else { return nil }
        return Setting.named(name)?.option.number(text)
    }

    /// The settings whose values differ in `other`, of those that only a new start changes.
    public func changesThatWait(in other: SettingValues) -> [String] {
        Setting.all.filter { !$0.isLive && text($0.name) != other.text($0.name) }.map(\.name)
    }
}
