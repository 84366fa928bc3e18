import Configuration
import Yams

/// A configuration file in YAML: one mapping of settings' names to plain values, each checked as it is read.
///
/// The library's own reader of YAML takes any key and says nothing of lines, which is why this one is here.
struct SettingsFile: FileConfigSnapshot {
    struct ParsingOptions: FileParsingOptions {
        /// As errors call the file.
        var file: String
        static let `default` = ParsingOptions(file: "the configuration")
    }

    let providerName: String
    private let values: [String: String]

    /// Throws ``SettingError``.
    init(data: RawSpan, providerName: String, parsingOptions: ParsingOptions) throws {
        self.providerName = providerName
        let text = data.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        values = try Self.values(text, file: parsingOptions.file)
    }

    private static func values(_ text: String, file: String) throws(SettingError) -> [String: String] {
        let root: Node?
        do {
            root = try Yams.compose(yaml: text)
        } catch {
            throw .unreadable(file: file, reason: "\(error)")
        }
        // A file of comments only sets nothing.
        guard let root else { return [:] }
        guard let mapping = root.mapping else { throw .notSettings(place: file) }
        var values: [String: String] = [:]
        for (key, value) in mapping {
            let place = "\(file):\(key.mark?.line ?? 1)"
            guard let name = key.scalar?.string else { throw .notSettings(place: place) }
            guard let setting = Setting.named(name) else { throw .unknownKey(name, place: place) }
            let text = value.scalar?.string
            guard let text, setting.accepts(text) else {
                throw .badValue(text ?? "a list", place: "\(place): \(name)", expected: setting.expected)
            }
            values[name] = text
        }
        return values
    }

    func value(forKey key: AbsoluteConfigKey, type: ConfigType) throws -> LookupResult {
        let name = key.description
        return LookupResult(encodedKey: name, value: values[name].map { ConfigValue(.string($0), isSecret: false) })
    }

    var description: String { providerName }
    var debugDescription: String { "\(providerName): \(values)" }
}
