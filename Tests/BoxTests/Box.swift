import Foundation
import Testing

/// A box, as `Tests/Box/box` boots one, with the package installed in it and two users: alice is in the group, bob isn't.
///
/// There is one of each system for all tests. They go when this process does, as that holds the other end of their standard
/// input.
final class Box: Sendable {
    /// What is booted.
    enum System: String, CaseIterable, CustomTestStringConvertible {
        /// The one that the tests run on.
        case own = "this system"
        /// A small Debian 13, which has little more than systemd.
        case trixie = "a minimal Debian 13"

        /// Those that there are here.
        static let all = allCases.filter { $0 == .own || trixieTree != nil }

        var testDescription: String { rawValue }
    }

    /// The files of Debian 13.
    static let trixieTree = ProcessInfo.processInfo.environment["PARD_TRIXIE"]
    /// The package under test.
    static let package = ProcessInfo.processInfo.environment["PARD_PACKAGE"]

    /// Why there can be no box here; nil where there can.
    static let hindrance: String? = {
        guard package != nil else { return "PARD_PACKAGE names no package: Tests/run builds one where root runs it" }
        do {
            let outcome = try Command(script, ["check"]).outcome()
            return outcome.status == 0 ? nil : outcome.errors.trimmingCharacters(in: .newlines)
        } catch {
            return "\(script): \(error)"
        }
    }()

    private static let own = Result { try Box(.own) }
    private static let trixie = Result { try Box(.trixie) }

    static func shared(_ system: System = .own) throws -> Box { try (system == .own ? own : trixie).get() }

    private static let script = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../Box/box").standardizedFileURL.path

    /// As the host sees it.
    private let firstProcess: String
    private let boot: Command
    /// What has pard in its name before anything is installed.
    private let strangers: String

    private init(_ system: System) throws {
        let package = URL(filePath: try #require(Self.package))
        let tree = system == .own ? "/" : try #require(Self.trixieTree)
        boot = try Command(Self.script, ["boot", package.deletingLastPathComponent().path, tree], isHeld: true)
        firstProcess = try #require(boot.line(), "the box did not boot: \(boot.errors.text)")
        strangers = try Self.files(in: firstProcess)
        try check("useradd --create-home alice && useradd --create-home bob")
        try install()
    }

    /// Installs the package as an administrator would, without a network.
    ///
    /// - Parameter again: whether it is there already.
    func install(again: Bool = false) throws {
        let name = URL(filePath: try #require(Self.package)).lastPathComponent
        try check(
            "cd /src && DEBIAN_FRONTEND=noninteractive apt-get install --yes \(again ? "--reinstall" : "") ./\(name)")
        try check("usermod --append --groups pard alice && cp /etc/pard/pard.yaml /root/pard.yaml")
    }

    /// Installs the package as if it had never been there, whether it is or not.
    func installAnew() throws {
        try check("dpkg --purge pard")
        try install()
    }

    /// The files and directories that came with the package, or were made by it since.
    var ownFiles: [Substring] {
        get throws {
            let known = Set(strangers.split(separator: "\n"))
            return try Self.files(in: firstProcess).split(separator: "\n").filter { !known.contains($0) }
        }
    }

    private static func files(in process: String) throws -> String {
        let outcome = try Command(
            script, ["written", process, "(", "-name", "*pard*", "-o", "-name", "*parctl*", ")"]
        ).outcome()
        // Files may go while they are looked for, which find tells of.
        try #require(outcome.status <= 1, "\(outcome.errors)")
        return outcome.output
    }

    /// Starts a shell's command line in the box.
    func start(_ line: String, as user: String = "root") throws -> Command {
        let shell = user == "root" ? ["sh", "-c", line] : ["runuser", "-u", user, "--", "sh", "-c", line]
        return try Command(Self.script, ["enter", firstProcess] + shell)
    }

    /// Runs a shell's command line in the box to its end.
    func run(_ line: String, as user: String = "root") throws -> Command.Outcome {
        try start(line, as: user).outcome()
    }

    /// The same, expecting that it ends well; what it wrote, without the last line's end.
    @discardableResult
    func check(_ line: String, as user: String = "root") throws -> String {
        let outcome = try run(line, as: user)
        try #require(outcome.status == 0, "\(line): \(outcome.status), \(outcome.errors)\(outcome.output)")
        return outcome.output.trimmingCharacters(in: .newlines)
    }

    /// Writes a file in the box.
    func write(_ text: String, to path: String) throws {
        try check("mkdir -p \"$(dirname \(path))\" && printf '%s\\n' '\(text)' >\(path)")
    }
}
