public import Catalogue

/// Something that an operator can set: as a flag, in the environment or in the configuration's file, always under one
/// name and in one spelling of the value.
public struct Setting: Sendable {
    /// Name, kind, range and meaning. It has a default where that doesn't depend on the host.
    public let option: Option
    /// The default of a daemon that serves all users; nil where it is the same as for one that serves its own.
    public let sharedValue: String?
    /// Whether reading the configuration again changes it. What doesn't holds from the next start on.
    public let isLive: Bool

    public var name: String { option.name }
    /// `--worker-limit`
    public var flag: String { "--\(name)" }
    /// `PARD_WORKER_LIMIT`
    public var variable: String { "PARD_\(name.uppercased().replacing("-", with: "_"))" }

    init(_ option: Option, shared: String? = nil, isLive: Bool = true) {
        self.option = option
        sharedValue = shared
        self.isLive = isLive
    }

    /// Whether `text` is a value of this setting.
    func accepts(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        return option.kind == .path ? text.utf8.count <= option.range.upperBound : option.number(text) != nil
    }

    /// What it takes, for a person.
    var expected: String { option.kind == .flag ? "true or false" : option.expected }
}
