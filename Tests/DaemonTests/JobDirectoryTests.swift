import Foundation
import Testing

@testable import Daemon

@Suite("The directory of a daemon's jobs")
struct JobDirectoryTests {
    @Test("is in /tmp where no other place is named")
    func place() {
        let own = getenv("TMPDIR").map { String(cString: $0) }
        defer { if let own { setenv("TMPDIR", own, 1) } else { unsetenv("TMPDIR") } }
        setenv("TMPDIR", "", 1)
        #expect(JobDirectory.parent == "/tmp")
        setenv("TMPDIR", "/elsewhere", 1)
        #expect(JobDirectory.parent == "/elsewhere")
    }

    /// A directory that is removed with the test.
    private final class Parent {
        let path = FileManager.default.temporaryDirectory.path + "/job-directories-\(UUID().uuidString)"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path) } }

        /// Makes what a daemon that was killed leaves.
        func leave(_ name: String, mode: Int = 0o700) throws {
            try FileManager.default.createDirectory(
                atPath: "\(path)/\(name)", withIntermediateDirectories: false, attributes: [.posixPermissions: mode])
            try "half a task's file".write(toFile: "\(path)/\(name)/1", atomically: false, encoding: .utf8)
        }
    }

    @Test("goes with the daemon, and all that is in it")
    func goes() throws {
        let parent = try Parent()
        do {
            let directory = try JobDirectory(at: JobDirectory.newPath(in: parent.path))
            #expect(try parent.names.count == 1)
            try "left".write(toFile: "\(directory.path)/1", atomically: false, encoding: .utf8)
            extendLifetime(directory)
        }
        #expect(try parent.names == [])
    }

    @Test("goes with the next daemon where its own was killed")
    func leftBehind() throws {
        let parent = try Parent()
        try parent.leave("pard-jobs.a1B2c3")
        let directory = try JobDirectory(at: JobDirectory.newPath(in: parent.path))
        #expect(try parent.names == [String(directory.path.dropFirst(parent.path.count + 1))])
        extendLifetime(directory)
    }

    @Test("stays while its daemon lives")
    func stays() throws {
        let parent = try Parent()
        let first = try JobDirectory(at: JobDirectory.newPath(in: parent.path))
        let second = try JobDirectory(at: JobDirectory.newPath(in: parent.path))
        #expect(try parent.names.count == 2)
        extendLifetime(first)
        extendLifetime(second)
    }

    @Test("is told from what is not its like by name and mode")
    func strangers() throws {
        let parent = try Parent()
        try parent.leave("pard-backup")
        try parent.leave("a1B2c3")
        try parent.leave("pard-jobs.d4E5f6", mode: 0o755)
        let directory = try JobDirectory(at: JobDirectory.newPath(in: parent.path))
        #expect(try parent.names.count == 4)
        extendLifetime(directory)
    }
}
