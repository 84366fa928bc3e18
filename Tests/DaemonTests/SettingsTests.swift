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

    private func error(of source: SettingsSource) -> SettingError? {
        do throws(SettingError) {
            _ = try source.read()
            return nil
        } catch {
            return error
        }
    }

    @Test("a flag goes before the environment, that before the file, and that before the default")
    func precedence() throws {
        let file = try File("worker-limit: 10\ntask-limit: 10\nqueue-limit: 10\n")
        let source = SettingsSource(
            flags: ["worker-limit": "30"], environment: ["PARD_WORKER_LIMIT": "20", "PARD_TASK_LIMIT": "20"],
            file: file.path)
        let values = try source.read()
        #expect(values.number("worker-limit") == 30)
        #expect(values.number("task-limit") == 20)
        #expect(values.number("queue-limit") == 10)
        #expect(values.number("connection-limit") == 512)
    }

    @Test("sizes, durations and flags are read with their units")
    func units() throws {
        let file = try File("# a comment\nledger-size: 64MiB\nidle-time: 250ms\nallow-dir: false\n")
        let values = try SettingsSource(file: file.path).read()
        #expect(values.number("ledger-size") == 64 << 20)
        #expect(values.number("idle-time") == 250_000_000)
        #expect(values.number("allow-dir") == 0)
    }

    @Test("an unknown key is refused with file, line, key and what there is")
    func unknownKey() throws {
        let file = try File("worker-limit: 10\nworker-limt: 10\n")
        let error = error(of: SettingsSource(file: file.path))
        #expect(error == .unknownKey("worker-limt", place: "\(file.path):2"))
        #expect(error?.description.contains("worker-limit") == true)
    }

    @Test(
        "a bad value in the file is refused with file, line, key and what it takes",
        arguments: [
            ("worker-limit: 0", "worker-limit", "0"), ("worker-limit: many", "worker-limit", "many"),
            ("worker-limit:", "worker-limit", ""), ("worker-limit: # none", "worker-limit", ""),
            ("allow-dir: perhaps", "allow-dir", "perhaps"), ("idle-time: 5 parsecs", "idle-time", "5 parsecs"),
            ("ledger-size: 1KiB", "ledger-size", "1KiB"),
        ])
    func badValue(line: String, key: String, value: String) throws {
        let file = try File("\n\(line)\n")
        let expected = try #require(Setting.named(key)).expected
        #expect(
            error(of: SettingsSource(file: file.path))
                == .badValue(value, place: "\(file.path):2: \(key)", expected: expected))
    }

    @Test("a bad value is refused even where another place goes before it")
    func badValueBelow() throws {
        let file = try File("worker-limit: 0\n")
        #expect(error(of: SettingsSource(flags: ["worker-limit": "5"], file: file.path)) != nil)
    }

    @Test("a bad variable is called by its name")
    func badVariable() throws {
        let error = error(of: SettingsSource(environment: ["PARD_QUEUE_LIMIT": "-1"]))
        #expect(error?.description.hasPrefix("PARD_QUEUE_LIMIT can't be '-1'") == true)
    }

    @Test("a bad flag is called by its name")
    func badFlag() throws {
        let error = error(of: SettingsSource(flags: ["queue-limit": "x"]))
        #expect(error?.description.hasPrefix("--queue-limit can't be 'x'") == true)
    }

    @Test(
        "a value is read as YAML has it",
        arguments: [
            "socket: /run/a", "socket:   /run/a  ", "socket: /run/a # why", "socket:\t/run/a\t# why",
            "socket: \"/run/a\"",
            "socket: '/run/a' # why", "socket : /run/a", "---\nsocket: /run/a", "socket: /run/a\r\n",
            "\u{FEFF}socket: /run/a",
            "  # why\nsocket: /run/a\n\n",
        ])
    func spelling(text: String) throws {
        #expect(try SettingsFile(Array(text.utf8), file: "f").values == ["socket": "/run/a"])
    }

    @Test("a number sign or a colon within a value belongs to it", arguments: ["/run/a#b", "/run/a:b", "#b", "a # b"])
    func signs(value: String) throws {
        let quoted = value.contains(" ") || value.hasPrefix("#") ? "'\(value)'" : value
        #expect(try SettingsFile(Array("socket: \(quoted)".utf8), file: "f").values == ["socket": value])
    }

    @Test(
        "a line that is no name and value is refused with file and line",
        arguments: [
            "- a", "text", "  socket: a", "\tsocket: a", "socket:a", "{socket: a}", ": a", "? a", "\"socket\": a",
        ])
    func noSetting(line: String) throws {
        let file = try File("# first\n\(line)\n")
        #expect(error(of: SettingsSource(file: file.path)) == .notSettings(place: "\(file.path):2"))
    }

    @Test(
        "what of YAML is more than a plain value is refused, and it is said how to write it",
        arguments: [
            "[a]", "{a: b}", "|", ">", "&a b", "*a", "!a b", "%a", "@a", "`a", "- a", "a: b", "a:", "\"a\\n\"", "\"a",
            "'a' b",
            "'a''b'",
        ])
    func notPlain(value: String) throws {
        let file = try File("socket: \(value)\n")
        let error = error(of: SettingsSource(file: file.path))
        #expect(error == .notPlain("socket", place: "\(file.path):1"))
        #expect(error?.description.contains("write 'socket: value'") == true)
    }

    @Test("a setting that is set twice is refused with both lines")
    func twice() throws {
        let file = try File("task-limit: 1\n\ntask-limit: 1\n")
        let error = error(of: SettingsSource(file: file.path))
        #expect(error == .setTwice("task-limit", place: "\(file.path):3", firstLine: 1))
    }

    @Test("bytes that are no text are refused with their line", arguments: [[0xff], [0], [0x1b]] as [[UInt8]])
    func noText(bytes: [UInt8]) {
        let text = Array("task-limit: 1\nsocket: /a".utf8) + bytes
        #expect(throws: SettingError.notText(place: "f:2")) { try SettingsFile(text, file: "f") }
    }

    @Test("a file that was asked for has to be there; the usual one need not")
    func missingFile() throws {
        let missing = "/nonexistent/pard.yaml"
        #expect(error(of: SettingsSource(file: missing)) == nil)
        let error = error(of: SettingsSource(file: missing, isFileRequired: true))
        #expect(error?.description.hasPrefix("\(missing) can't be read") == true)
    }

    @Test("what is no file is refused with what it is, and at once")
    func noFile() throws {
        let folder = FileManager.default.temporaryDirectory.path + "/pard-settings-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try #require(mkfifo("\(folder)/pipe", 0o600) == 0)
        try #require(symlink("loop", "\(folder)/loop") == 0)
        let long = String(repeating: "x", count: 300)
        for (name, part) in [
            ("", "it is a directory"), ("/pipe", "it is a pipe"), ("/loop", "links lead in a circle"),
            ("/\(long)", "name is too long"),
        ] {
            let error = error(of: SettingsSource(file: folder + name))
            #expect(error?.description.hasPrefix("\(folder)\(name) can't be read: ") == true)
            #expect(error?.description.contains(part) == true, "\(error?.description ?? "taken")")
        }
        let zeros = error(of: SettingsSource(file: "/dev/zero"))
        #expect(zeros?.description.contains("it is a device") == true)
    }

    @Test("/dev/null stands for no file")
    func nothing() throws {
        let usual = try SettingsSource().read()
        #expect(try SettingsSource(file: "/dev/null", isFileRequired: true).read() == usual)
    }

    @Test("a file that is too long is refused with the limit; one that just fits is read")
    func size() throws {
        let fitting = try File(String(repeating: "#\n", count: SettingsFile.sizeLimit / 2))
        #expect(error(of: SettingsSource(file: fitting.path)) == nil)
        let tooLong = try File(String(repeating: "#\n", count: SettingsFile.sizeLimit / 2) + "#")
        #expect(error(of: SettingsSource(file: tooLong.path))?.description.contains("more than 64 KiB") == true)
    }

    @Test("a file that may not be read is refused with who may not", .enabled(if: geteuid() != 0, "root may read all"))
    func forbidden() throws {
        let file = try File("task-limit: 1")
        try #require(chmod(file.path, 0) == 0)
        let error = error(of: SettingsSource(file: file.path))
        #expect(error?.description.contains("user ID \(geteuid()) may not") == true)
    }

    @Test("an empty file, or one of comments only, sets nothing", arguments: ["", "# nothing\n"])
    func emptyFile(text: String) throws {
        let file = try File(text)
        let usual = try SettingsSource().read()
        #expect(try SettingsSource(file: file.path).read() == usual)
    }

    @Test("a daemon for all users has narrower defaults")
    func sharedDefaults() throws {
        let values = try SettingsSource(isShared: true).read()
        #expect(values.number("allow-dir") == 0)
        #expect(values.number("io-size-limit") == 1 << 30)
    }

    @Test("every default is a value of its setting", arguments: Setting.all.map(\.name))
    func defaults(name: String) throws {
        let setting = try #require(Setting.named(name))
        for text in [setting.option.value, setting.sharedValue].compactMap(\.self) { #expect(setting.accepts(text)) }
    }

    @Test("the example has every setting, with the defaults of a daemon for all users")
    func example() throws {
        let place = "\(#filePath)".replacing("Tests/DaemonTests/SettingsTests.swift", with: "systemd/pard.yaml")
        let lines = try String(contentsOfFile: place, encoding: .utf8).split(separator: "\n")
        let settings = lines.filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") }.map { $0.dropFirst() }
        #expect(settings.map { String($0.prefix { $0 != ":" }) } == Setting.all.map(\.name))
        let file = try File(settings.joined(separator: "\n"))
        let values = try SettingsSource(file: file.path, isShared: true).read()
        let usual = try SettingsSource(isShared: true).read()
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
    func emptyVariable() throws {
        let usual = try SettingsSource().read()
        #expect(try SettingsSource(environment: ["PARD_SOCKET": ""]).read() == usual)
    }
}

extension SettingValues {
    fileprivate func number(_ name: String) -> Int? { Setting.named(name).flatMap { self[$0] } }
    fileprivate func text(_ name: String) -> String? { Setting.named(name).flatMap { text($0) } }
}
