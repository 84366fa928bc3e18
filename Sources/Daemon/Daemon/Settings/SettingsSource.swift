import Configuration

/// Where settings come from. A flag goes before the environment, that before the file, and that before the default.
public struct SettingsSource: Sendable {
    /// By setting, as typed.
    public var flags: [String: String]
    /// The process's environment, of which the `PARD_` variables of settings are read.
    public var environment: [String: String]
    /// The configuration's file; nil for none.
    public var file: String?
    /// Whether it is an error when the file isn't there.
    public var isFileRequired: Bool
    /// Whether the defaults are those of a daemon that serves all users.
    public var isShared: Bool

    public init(
        flags: [String: String] = [:], environment: [String: String] = [:], file: String? = nil,
        isFileRequired: Bool = false, isShared: Bool = false
    ) {
        self.flags = flags
        // A variable that is set to nothing sets nothing.
        self.environment = environment.filter { !$0.value.isEmpty }
        self.file = file
        self.isFileRequired = isFileRequired
        self.isShared = isShared
    }

    /// Reads flags of settings as they are typed: `--name value` or `--name=value`. The last of several of one name counts.
    public static func flags(_ words: [String]) throws(SettingError) -> [String: String] {
        var flags: [String: String] = [:]
        var rest = words[...]
        while let word = rest.popFirst() {
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let setting = Setting.all.first(where: { $0.flag == parts[0] }) else { throw .unknownFlag(word) }
            guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
                throw .noValue(setting.flag, expected: setting.expected)
            }
            flags[setting.name] = value
        }
        return flags
    }

    /// Checks the flags alone.
    public func checkFlags() throws(SettingError) {
        for setting in Setting.all {
            guard let text = flags[setting.name], !setting.accepts(text) else { continue }
            throw .badValue(text, place: setting.flag, expected: setting.expected)
        }
    }

    /// Reads and checks all that is set, in each place, whether another goes before it or not.
    public func read() throws(SettingError) -> SettingValues {
        try checkFlags()
        for setting in Setting.all {
            guard let text = environment[setting.variable], !setting.accepts(text) else { continue }
            throw .badValue(text, place: setting.variable, expected: setting.expected)
        }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(values: Self.keyed(flags)),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "pard"),
        ]
        if let file {
            let set = try SettingsFile(at: file, isRequired: isFileRequired).values
            providers.append(InMemoryProvider(values: Self.keyed(set)))
        }
        let reader = ConfigReader(providers: providers)
        var texts: [String: String] = [:]
        for setting in Setting.all {
            texts[setting.name] =
                reader.string(forKey: ConfigKey([setting.name])) ?? setting.usual(isShared: isShared)
        }
        return SettingValues(texts)
    }

    private static func keyed(_ texts: [String: String]) -> [AbsoluteConfigKey: ConfigValue] {
        let values = texts.map { (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: false)) }
        return Dictionary(uniqueKeysWithValues: values)
    }
}
