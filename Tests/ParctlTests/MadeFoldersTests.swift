import Foundation
import Testing

@testable import parctl

@Suite struct MadeFoldersTests {
    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = FileManager.default.temporaryDirectory.path + "/folders-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    @Test func `folders that are missing are made, and taken away where nothing came of it`() throws {
        try inFolder { folder in
            let made = try MadeFolders("\(folder)/a/b/c//")
            #expect(FileManager.default.fileExists(atPath: "\(folder)/a/b/c"))
            try Data().write(to: URL(fileURLWithPath: "\(folder)/a/kept"))
            made.remove()
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/a/b"))
            #expect(FileManager.default.fileExists(atPath: "\(folder)/a/kept"))
        }
    }

    @Test func `a folder that was there stays`() throws {
        try inFolder { folder in
            try MadeFolders(folder).remove()
            #expect(FileManager.default.fileExists(atPath: folder))
        }
    }

    @Test func `what can't be made is said, and leaves nothing behind`() throws {
        try inFolder { folder in
            #expect(throws: CommandError.self) { try MadeFolders("/proc/none/a") }
        }
    }
}
