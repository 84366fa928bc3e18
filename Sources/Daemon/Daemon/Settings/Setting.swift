public import Catalogue

/// Something that an operator can set: as a flag, in the environment or in the configuration's file, always under one
/// name and in one spelling of the value.
///
/// It is all that there is to know of it. Flags, help, the file, the manual, its default and its place in the
/// ``Configuration`` follow from here.
public struct Setting: Sendable {
    /// Name, kind, range and meaning. It has a default where that doesn't depend on the host.
    public let option: Option
    /// The default of a daemon that serves all users; nil where it is the same as for one that serves its own.
    public let sharedValue: String?
    /// Whether reading the configuration again changes it. What doesn't holds from the next start on.
    public let isLive: Bool
    private let place: Place

    /// Where its value goes.
    enum Place: Sendable {
        /// A count, or a size in bytes.
        case number(WritableKeyPath<Configuration, Int> & Sendable)
        /// Nanoseconds.
        case time(WritableKeyPath<Configuration, UInt64> & Sendable)
        case permission(WritableKeyPath<Configuration, Bool> & Sendable)
        /// The largest value of a workload's option.
        case bound(workload: String, option: String)
        /// It is asked for before there is a configuration.
        case none
    }

    public var name: String { option.name }
    /// `--worker-limit`
    public var flag: String { "--\(name)" }
    /// `PARD_WORKER_LIMIT`
    public var variable: String { "PARD_\(name.uppercased().replacing("-", with: "_"))" }

    init(_ option: Option, shared: String? = nil, isLive: Bool = true, _ place: Place) {
        self.option = option
        sharedValue = shared
        self.isLive = isLive
        self.place = place
    }

    /// The default, as it would be written; nil where it depends on the host.
    func usual(isShared: Bool) -> String? { isShared ? sharedValue ?? option.value : option.value }

    /// Whether `text` is a value of this setting.
    func accepts(_ text: String) -> Bool {
        guard !text.isEmpty else { return false }
        return option.kind == .path ? text.utf8.count <= option.range.upperBound : option.number(text) != nil
    }

    /// What it takes, for a person.
    var expected: String { option.kind == .flag ? "true or false" : option.expected }

    /// Puts its value in its place, where it has both.
    func put(_ values: SettingValues, into configuration: inout Configuration) {
        guard let number = values[self] else { return }
        switch place {
        case .number(let path): configuration[keyPath: path] = number
        case .time(let path): configuration[keyPath: path] = UInt64(number)
        case .permission(let path): configuration[keyPath: path] = number != 0
        case .bound(let workload, let option):
            configuration.limits.bounds[JobLimits.Bound(workload: workload, option: option)] = number
        case .none: break
        }
    }
}

/// Every setting's value, checked. What was not set and has no default is not there.
public struct SettingValues: Sendable, Equatable {
    private let texts: [String: String]

    init(_ texts: [String: String]) {
        self.texts = texts
    }

    /// The value as it was written.
    public func text(_ setting: Setting) -> String? { texts[setting.name] }

    /// Bytes, nanoseconds, ones, or 0 or 1.
    public subscript(setting: Setting) -> Int? { texts[setting.name].flatMap(setting.option.number) }

    /// The settings whose values differ in `other`, of those that only a new start changes.
    public func changesThatWait(in other: SettingValues) -> [String] {
        Setting.all.filter { !$0.isLive && text($0) != other.text($0) }.map(\.name)
    }
}
