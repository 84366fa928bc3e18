import Foundation
import Testing

@testable import Daemon

@Suite("Settings")
struct SettingsTests {
    /// A configuration's file that is removed with the test.
    final class File {
        let path = FileManager.default.temporaryDirectory.path + "/pard-settings-\(UUID().uuidString).yaml"

        init(_ text: String) throws {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }

        deinit { unlink(path) }
    }

    private func error(of source: SettingsSource) async -> SettingError? {
        do throws(SettingError) {
            _ = try await source.read()
            return nil
        } catch {
            return error
        }
    }

    @Test("a flag goes before the environment, that before the file, and that before the default")
    func precedence() async throws {
        let file = try File("worker-limit: 10\ntask-limit: 10\nqueue-limit: 10\n")
        let source = SettingsSource(
            flags: ["worker-limit": "30"], environment: ["PARD_WORKER_LIMIT": "20", "PARD_TASK_LIMIT": "20"],
            file: file.path)
        let values = try await source.read()
        #expect(values.number("worker-limit") == 30)
        #expect(values.number("task-limit") == 20)
        #expect(values.number("queue-limit") == 10)
        #expect(values.number("connection-limit") == 512)
    }

    @Test("sizes, durations and flags are read with their units")
    func units() async throws {
        let file = try File("# a comment\nledger-size: 64MiB\nidle-time: 250ms\nallow-dir: false\n")
        let values = try await SettingsSource(file: file.path).read()
        #expect(values.number("ledger-size") == 64 << 20)
        #expect(values.number("idle-time") == 250_000_000)
        #expect(values.number("allow-dir") == 0)
    }

    @Test("an unknown key is refused with file, line, key and what there is")
    func unknownKey() async throws {
        let file = try File("worker-limit: 10\nworker-limt: 10\n")
        let error = await error(of: SettingsSource(file: file.path))
        #expect(error == .unknownKey("worker-limt", place: "\(file.path):2"))
        #expect(error?.description.contains("worker-limit") == true)
    }

    @Test(
        "a bad value in the file is refused with file, line, key and what it takes",
        arguments: [
            ("worker-limit: 0", "worker-limit", "0"), ("worker-limit: many", "worker-limit", "many"),
            ("worker-limit:", "worker-limit", ""), ("worker-limit: [1, 2]", "worker-limit", "a list"),
            ("allow-dir: perhaps", "allow-dir", "perhaps"), ("idle-time: 5 parsecs", "idle-time", "5 parsecs"),
            ("ledger-size: 1KiB", "ledger-size", "1KiB"),
        ])
    func badValue(line: String, key: String, value: String) async throws {
        let file = try File("\n\(line)\n")
        let expected = try #require(Setting.named(key)).expected
        #expect(
            await error(of: SettingsSource(file: file.path))
                == .badValue(value, place: "\(file.path):2: \(key)", expected: expected))
    }

    @Test("a bad value is refused even where another place goes before it")
    func badValueBelow() async throws {
        let file = try File("worker-limit: 0\n")
        #expect(await error(of: SettingsSource(flags: ["worker-limit": "5"], file: file.path)) != nil)
    }

    @Test("a bad variable is called by its name")
    func badVariable() async throws {
        let error = await error(of: SettingsSource(environment: ["PARD_QUEUE_LIMIT": "-1"]))
        #expect(error?.description.hasPrefix("PARD_QUEUE_LIMIT can't be '-1'") == true)
    }

    @Test("a bad flag is called by its name")
    func badFlag() async throws {
        let error = await error(of: SettingsSource(flags: ["queue-limit": "x"]))
        #expect(error?.description.hasPrefix("--queue-limit can't be 'x'") == true)
    }

    @Test("what is no YAML, or no mapping, is refused with the file's name", arguments: ["- a\n- b\n", "a: [", "text"])
    func noSettings(text: String) async throws {
        let file = try File(text)
        #expect(await error(of: SettingsSource(file: file.path))?.description.contains(file.path) == true)
    }

    @Test("a file that was asked for has to be there; the usual one need not")
    func missingFile() async throws {
        let missing = "/nonexistent/pard.yaml"
        #expect(await error(of: SettingsSource(file: missing)) == nil)
        let error = await error(of: SettingsSource(file: missing, isFileRequired: true))
        #expect(error?.description.hasPrefix("\(missing) can't be read") == true)
    }

    @Test("an empty file, or one of comments only, sets nothing", arguments: ["", "# nothing\n"])
    func emptyFile(text: String) async throws {
        let file = try File(text)
        let usual = try await SettingsSource().read()
        #expect(try await SettingsSource(file: file.path).read() == usual)
    }

    @Test("a daemon for all users has narrower defaults")
    func sharedDefaults() async throws {
        let values = try await SettingsSource(isShared: true).read()
        #expect(values.number("allow-dir") == 0)
        #expect(values.number("io-size-limit") == 1 << 30)
    }

    @Test("every default is a value of its setting", arguments: Setting.all.map(\.name))
    func defaults(name: String) throws {
        let setting = try #require(Setting.named(name))
        for text in [setting.option.value, setting.sharedValue].compactMap(\.self) { #expect(setting.accepts(text)) }
    }

    @Test("the example has every setting, with the defaults of a daemon for all users")
    func example() async throws {
        let place = "\(#filePath)".replacing("Tests/DaemonTests/SettingsTests.swift", with: "systemd/pard.yaml")
        let lines = try String(contentsOfFile: place, encoding: .utf8).split(separator: "\n")
        let settings = lines.filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") }.map { $0.dropFirst() }
        #expect(settings.map { String($0.prefix { $0 != ":" }) } == Setting.all.map(\.name))
        let file = try File(settings.joined(separator: "\n"))
        let values = try await SettingsSource(file: file.path, isShared: true).read()
        let usual = try await SettingsSource(isShared: true).read()
        for setting in Setting.all where setting.option.value != nil {
            #expect(values.number(setting.name) == usual.number(setting.name), "\(setting.name)")
        }
    }

    @Test("the manual page has every setting with its variable and its flag", arguments: Setting.all.map(\.name))
    func manual(name: String) throws {
        let setting = try #require(Setting.named(name))
        let lines = SettingsManual.text.split(separator: "\n")
        #expect(lines.contains(".It Ic \(name)"))
        #expect(lines.contains(".Ev \(setting.variable)"))
        #expect(lines.contains(".Fl -\(name) ."))
    }

    @Test("a variable that is set to nothing sets nothing")
    func emptyVariable() async throws {
        let usual = try await SettingsSource().read()
        #expect(try await SettingsSource(environment: ["PARD_SOCKET": ""]).read() == usual)
    }
}
