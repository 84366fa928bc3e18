import Control
import Foundation
import Testing
import Varlink

/// A running pard.
struct Daemon {
    let fixture: Fixture
    let socket: String
    let process: Child

    /// Starts a daemon, hands it to the test once it serves, and expects that it ends well.
    ///
    /// - Parameter options: as one would type them.
    static func run(_ options: String = "", _ test: (Daemon) throws -> Void) throws {
        try Fixture.run { fixture in
            let daemon = try Daemon(in: fixture, options)
            try test(daemon)
            daemon.stop()
        }
    }

    /// Starts a daemon with four threads and four processes, unless `options` say otherwise, and waits until it is ready.
    ///
    /// - Parameter program: where it is, if not beside the tests.
    init(in fixture: Fixture, _ options: String = "", program: String? = nil) throws {
        self.fixture = fixture
        socket = fixture.folder + "/pard.sock"
        let leash = try fixture.leash()
        let words = "--floor-threads 4 --floor-processes 4 --leash 3 \(options)".split(separator: " ").map(String.init)
        process = try Child(
            try program ?? Program.pard.path, ["--socket", socket] + words, environment: fixture.environment(),
            inherited: leash.theirs
        )
        close(leash.theirs)
        var word = ""
        while word != "READY\n", let letter = Self.nextByte(of: leash.ours) { word.append(letter) }
        try #require(word == "READY\n", "pard is not ready: \(process.errors.text)")
    }

    /// Nil at the end, and when nothing comes within half a minute.
    private static func nextByte(of descriptor: Int32) -> Character? {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        var byte: UInt8 = 0
        guard poll(&event, 1, 30_000) == 1, read(descriptor, &byte, 1) == 1 else { return nil }
        return Character(Unicode.Scalar(byte))
    }

    /// Tells it to stop, and expects that it obeys.
    func stop() {
        process.signal(SIGTERM)
        #expect(process.end() == .exit(0), "pard did not end well: \(process.errors.text)")
    }

    // MARK: What it says to a client of its own

    func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable = Empty(), as: Answer.Type = Answer.self
    ) throws -> Answer {
        var client = try Client(connectingTo: socket)
        return try client.call(method, parameters, as: Answer.self)
    }

    var jobs: [Job] { get throws { try call(ListJobs.method, as: ListJobs.Reply.self).jobs } }
    var status: GetStatus.Reply { get throws { try call(GetStatus.method) } }
    var pools: [Pool] { get throws { try call(ListPools.method, as: ListPools.Reply.self).pools } }

    /// The process that ends what is left when the daemon is killed; nil while there is none.
    var guardian: Int? {
        fixture.processes.first {
            Processes.parent(of: $0) == Int(process.pid) && Processes.line(of: $0).contains("--guardian")
        }
    }

    func pool(_ name: String) throws -> Pool {
        try #require(try pools.first { $0.name == name }, "there is no pool \(name)")
    }

    /// Waits for the only job to have come as far as wanted.
    func awaitJob(_ isWanted: (Job) -> Bool = { $0.state == "running" }) throws -> Job {
        var found: Job?
        let isThere = try eventually {
            found = try jobs.first(where: isWanted)
            return found != nil
        }
        try #require(isThere, "no job came as far as wanted")
        return try #require(found)
    }
}
