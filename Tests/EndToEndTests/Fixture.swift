import Foundation
import Synchronization
import Testing

/// All end-to-end tests, one after the other: they measure, and they share the processors.
@Suite("pard and parctl", .serialized)
struct EndToEnd {}

/// A directory and an environment for the real programs, and the guarantee that nothing of them is left.
final class Fixture: Sendable {
    /// Where sockets go.
    let folder: String
    /// What the programs take for /tmp.
    let temporary: String
    /// What all processes of this test, and no others, have in their environment.
    private let mark = "PAR_TEST_MARK=\(UUID())"
    private let leashes = Mutex<[Int32]>([])

    private init() throws {
        var template = Array("/tmp/pard-test-XXXXXX".utf8CString)
        try #require(mkdtemp(&template) != nil)
        folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        temporary = folder + "/tmp"
        try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
    }

    /// Runs `test`, expects that nothing is left of it, and removes what is all the same.
    static func run(_ test: (Fixture) throws -> Void) throws {
        let fixture = try Fixture()
        defer { fixture.clear() }
        try test(fixture)
        #expect(eventually(within: .seconds(5)) { fixture.processes.isEmpty }, "processes are left")
        #expect(fixture.files == [], "files are left")
    }

    /// The processes that this test's programs are.
    var processes: [Int] { Processes.with(mark, or: folder) }

    /// All files but the temporary directory itself, as paths.
    var files: [String] {
        let paths = FileManager.default.enumerator(atPath: folder)?.compactMap { $0 as? String } ?? []
        return paths.filter { $0 != "tmp" }.sorted()
    }

    /// What is in the temporary directory.
    var temporaryFiles: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: temporary))?.sorted() ?? []
    }

    /// The environment of the programs: what users have, less all that could lead to another daemon.
    func environment(_ more: [String: String] = [:]) -> [String: String] {
        var variables = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "SWIFT_BACKTRACE": "enable=no"]
        variables["TMPDIR"] = temporary
        let parts = mark.split(separator: "=").map(String.init)
        variables[parts[0]] = parts[1]
        return variables.merging(more) { $1 }
    }

    /// Removes what a daemon that was killed could not remove any more.
    func removeFiles() throws {
        for file in files where FileManager.default.fileExists(atPath: "\(folder)/\(file)") {
            do {
                try FileManager.default.removeItem(atPath: "\(folder)/\(file)")
            } catch let error as CocoaError where error.code == .fileNoSuchFile {
                // The daemon's guardian removes what was its own, at the same time.
            }
        }
    }

    /// Makes the two ends of a leash; ours is held until the test is over.
    func leash() throws -> (ours: Int32, theirs: Int32) {
        var ends: [Int32] = [-1, -1]
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        try #require(socketpair(AF_UNIX, kind, 0, &ends) == 0)
        leashes.withLock { $0.append(ends[0]) }
        return (ends[0], ends[1])
    }

    /// Lets every daemon off its leash.
    func dropLeashes() {
        leashes.withLock { leashes in
            for leash in leashes { close(leash) }
            leashes = []
        }
    }

    private func clear() {
        dropLeashes()
        for process in processes { kill(pid_t(process), SIGKILL) }
        try? FileManager.default.removeItem(atPath: folder)
    }
}
