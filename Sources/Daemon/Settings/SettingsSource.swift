import Configuration
import SystemPackage

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

    /// Checks the flags alone.
    public func checkFlags() throws(SettingError) {
        for setting in Setting.all {
            guard let text = flags[setting.name], !setting.accepts(text) else { continue }
            throw .badValue(text, place: setting.flag, expected: setting.expected)
        }
    }

    /// Reads and checks all that is set, in each place, whether another goes before it or not.
    public func read() async throws(SettingError) -> SettingValues {
        try checkFlags()
        for setting in Setting.all {
            guard let text = environment[setting.variable], !setting.accepts(text) else { continue }
            throw .badValue(text, place: setting.variable, expected: setting.expected)
        }
        let given = flags.map { (AbsoluteConfigKey([$0.key]), ConfigValue(.string($0.value), isSecret: false)) }
        var providers: [any ConfigProvider] = [
            InMemoryProvider(values: Dictionary(uniqueKeysWithValues: given)),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "pard"),
        ]
        if let file { providers.append(try await provider(of: file)) }
        let reader = ConfigReader(providers: providers)
        var texts: [String: String] = [:]
        for setting in Setting.all {
            let usual = isShared ? setting.sharedValue ?? setting.option.value : setting.option.value
            texts[setting.name] = reader.string(forKey: ConfigKey([setting.name])) ?? usual
        }
        return SettingValues(texts)
    }

    private func provider(of file: String) async throws(SettingError) -> FileProvider<SettingsFile> {
        do {
            return try await FileProvider(
                parsingOptions: .init(file: file), filePath: FilePath(file), allowMissing: !isFileRequired)
        } catch let error as SettingError {
            throw error
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
    }
}
