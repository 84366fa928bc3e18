import Control
import Foundation
import Testing

extension EndToEnd {
    /// Against a server on loopback; the internet is never asked.
    @Suite("A download")
    struct DownloadTests {
        @Test(
            "overlaps as far as there are workers, which serial ones don't",
            arguments: ["--threads 4", "--processes 4", "--processes 2 --threads 2"])
        func overlap(shape: String) throws {
            try WebServer.run { (daemon, server) throws in
                // The server answers four at a time, and nobody before there are so many.
                let parallel = try daemon.receipt("download \(server.url)/together/4 --tasks 16 \(shape)")
                expectSound(parallel)
                #expect(parallel.valueSum == 16 * 6)
                let serial = try daemon.receipt("download \(server.url)/slow/20 --tasks 8 --serial")
                #expect(serial.phases.run >= 160_000_000)
            }
        }

        @Test(
            "fails alone, with the reason", arguments: ["--threads 2", "--processes 2", "--serial"],
            ["", "--cold=exec"])
        func failures(shape: String, cold: String) throws {
            try WebServer.run { (daemon, server) throws in
                let urls = ["/size/10", "/status/404", "/size/2000000", "/loop", "/redirect/redirect/size/7"].map {
                    server.url + $0
                }
                // Nobody listens at port 1, and no name ends in .invalid.
                let line = (urls + ["http://127.0.0.1:1/", "http://nowhere.invalid/", "ftp://host/"])
                    .joined(separator: " ")
                let outcome = try daemon.parctl("run download \(line) --max-size 1MB \(shape) \(cold) --json --records")
                #expect(outcome.status == 1)
                let records = try outcome.records
                #expect(
                    records.map(\.status) == ["ok", "failed", "failed", "failed", "ok", "failed", "failed", "failed"])
                #expect(records.compactMap(\.fetch?.url) == line.split(separator: " ").map(String.init))
                #expect(records.map { $0.fetch?.status } == [200, 404, 200, 302, 200, 0, 0, 0])
                #expect(records.map { $0.fetch?.redirects } == [0, 0, 0, 20, 2, 0, 0, 0])
                #expect(records[0].value == 10 && records[4].value == 7)
                let reasons = records.map { $0.reason ?? "" }
                #expect(reasons[1] == "the server answered with status 404")
                #expect(reasons[2].contains("--max-size"))
                #expect(reasons[3].contains("redirects"))
                #expect(reasons[5].contains("connect"))
                #expect(reasons[6].contains("resolve"))
                #expect(reasons[7].contains("only http and https"))
            }
        }

        @Test("needs no new connection on workers that have asked the server before, and one each on fresh ones")
        func reuse() throws {
            try WebServer.run { (daemon, server) throws in
                let line = "download \(server.url)/slow/20 --tasks 8 --processes 2"
                func connections(_ more: String) throws -> Int? {
                    try daemon.receipt("\(line) \(more)").figures.first { $0.name == "new connections" }?.sum
                }
                #expect(try connections("") == 2)
                #expect(try connections("") == 0)
                #expect(try connections("--cold") == 2)
                #expect(try connections("") == 0)
                let records = try daemon.parctl("run \(line) --json --records").records
                #expect(records.allSatisfy { ($0.fetch?.firstByte ?? 0) >= 20_000_000 })
                #expect(records.allSatisfy { ($0.fetch?.connect ?? 1) <= ($0.fetch?.firstByte ?? 0) })
            }
        }

        @Test("keeps files under safe names, whole, and never over others unless told to")
        func output() throws {
            try WebServer.run { (daemon, server) throws in
                let folder = daemon.fixture.temporary + "/kept"
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
                func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
                func size(_ name: String) throws -> Int? {
                    try FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.size] as? Int
                }
                let urls = ["/size/10", "/size/10?again", "/..%2f..%2fetc%2fpasswd", "/", "/.%2e", "/status/500"].map {
                    server.url + $0
                }.joined(separator: " ")
                let outcome = try daemon.parctl(
                    "run download \(urls) --output \(folder) --processes 2 --json --records")
                #expect(outcome.status == 1)
                #expect(try outcome.records.map(\.status).filter { $0 == "ok" }.count == 5)
                #expect(try names() == ["10", "10.1", "_._.._etc_passwd", "_.", "index.html"].sorted())
                #expect(try size("10") == 10)
                let again = try daemon.parctl("run download \(server.url)/size/10 --output \(folder) --json")
                #expect(again.status == 1)
                #expect(try again.receipt.failures.first?.reason.contains("--overwrite") == true)
                try Data("mine".utf8).write(to: URL(fileURLWithPath: "\(folder)/6"))
                _ = try daemon.receipt("download \(server.url)/size/6 --output \(folder) --overwrite")
                #expect(try size("6") == 6)
                try FileManager.default.removeItem(atPath: folder)
            }
        }

        @Test("ends soon when it is cancelled, and its workers go on")
        func cancelled() throws {
            try WebServer.run { (daemon, server) throws in
                let stalled = try daemon.start("run download \(server.url)/stall --tasks 4 --processes 2 --json")
                let job = try daemon.awaitJob()
                #expect(try daemon.parctl("cancel \(job.job)").status == 0)
                let outcome = try stalled.outcome()
                #expect(outcome.status == 130)
                #expect(try outcome.receipt.tasks.cancelled == 4)
                #expect(try daemon.pool("processes-curl").replaced == 0)
                #expect(try daemon.receipt("download \(server.url)/ --processes 2 --tasks 2").temperature == .warm)
            }
        }

        @Test("gives up on a server that does not answer in time")
        func slow() throws {
            try WebServer.run { (daemon, server) throws in
                let outcome = try daemon.parctl("run download \(server.url)/stall --max-time 100ms --json")
                #expect(outcome.status == 1)
                #expect(try outcome.receipt.failures.first?.reason.contains("timed out") == true)
            }
        }

        @Test("that failed is named, in the receipt and in the table of records")
        func named() throws {
            try WebServer.run { (daemon, server) throws in
                let outcome = try daemon.parctl("run download \(server.url)/size/1 \(server.url)/status/404 --records")
                let lines = outcome.output.split(separator: "\n").filter { $0.hasSuffix("\(server.url)/status/404") }
                #expect(lines.count == 2)
                #expect(outcome.output.contains("(first: task 2)\n     \(server.url)/status/404\n"))
            }
        }

        @Test(
            "is told what is wrong with the directory that it is to fill",
            arguments: [
                ("/proc/nonexistent", "can't write to"), ("/etc/passwd", "a directory, and this is none"),
            ])
        func noDirectory(path: String, reason: String) throws {
            try WebServer.run { (daemon, server) throws in
                let outcome = try daemon.parctl("run download \(server.url)/ --output \(path)")
                #expect(outcome.status == 2)
                #expect(outcome.errors.contains(reason))
            }
        }

        @Test("takes URLs from a file, one a line")
        func file() throws {
            try WebServer.run { (daemon, server) throws in
                let path = daemon.fixture.temporary + "/urls"
                try Data("\(server.url)/size/1\n\n\(server.url)/size/20\r\n".utf8).write(to: URL(fileURLWithPath: path))
                #expect(try daemon.receipt("download --from \(path) --serial").valueSum == 21)
                try FileManager.default.removeItem(atPath: path)
            }
        }

        @Test(
            "is refused before anything is sent",
            arguments: [
                "download", "download ftp://host/file", "download host/file", "download http://",
                "download http://:80/",
                "download http://host:99999/", "download http://host:port/", "download --from /nonexistent",
                "download http://host/ --max-size lots", "api", "api http://host/ {",
                "api http://host/ --header nonsense",
                "api http://host/ --method FETCH", "dot --dtype f16",
            ])
        func usage(line: String) throws {
            try Fixture.run { fixture in
                let outcome = try Parctl("--socket /nonexistent.sock run \(line)", in: fixture).outcome()
                #expect(outcome.status == 2)
                #expect(outcome.errors.hasPrefix("parctl: "))
            }
        }

        @Test("is no business of a daemon for all users, unless it is told so")
        func shared() throws {
            try WebServer.run("--shared") { (daemon, server) throws in
                let outcome = try daemon.parctl("run download \(server.url)/")
                #expect(outcome.status == 4)
                #expect(outcome.errors.contains("allow-urls"))
            }
            try WebServer.run("--shared --allow-urls true") { (daemon, server) throws in
                #expect(try daemon.parctl("run download \(server.url)/").status == 0)
            }
        }
    }

    @Suite("A request to an API")
    struct APITests {
        @Test("has the method, the headers and the body of its task", arguments: ["PUT", "POST", "PATCH", "DELETE"])
        func request(method: String) throws {
            try WebServer.run { (daemon, server) throws in
                let path = daemon.fixture.temporary + "/requests"
                _ = try daemon.receipt(
                    "api \(server.url)/echo\(path) {\"a\":1} [2] --method \(method) --header X-Test:one "
                        + "--header Accept:text/plain --processes 2")
                struct Request: Decodable {
                    var method: String, headers: [String: String], body: String
                }
                let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
                let requests = try lines.map { try JSONDecoder().decode(Request.self, from: Data($0.utf8)) }
                #expect(requests.map(\.body).sorted() == ["[2]", "{\"a\":1}"])
                for request in requests {
                    #expect(request.method == method)
                    #expect(request.headers["X-Test"] == "one")
                    #expect(request.headers["Accept"] == "text/plain")
                    #expect(request.headers["Content-Type"] == "application/json")
                }
                try FileManager.default.removeItem(atPath: path)
            }
        }

        @Test("can go without a body")
        func bodiless() throws {
            try WebServer.run { (daemon, server) throws in
                let head = try daemon.receipt("api \(server.url)/size/100 --method HEAD --serial")
                #expect(head.tasks.ok == 1 && head.valueSum == 0)
                #expect(try daemon.receipt("api \(server.url)/size/100 --method GET --serial").valueSum == 100)
            }
        }

        @Test("says that it has no body where its method has one as a rule", arguments: ["POST", "PUT", "PATCH"])
        func empty(method: String) throws {
            try WebServer.run { (daemon, server) throws in
                let path = daemon.fixture.temporary + "/requests"
                _ = try daemon.receipt("api \(server.url)/echo\(path) --method \(method) --serial")
                let text = try String(contentsOfFile: path, encoding: .utf8)
                #expect(text.contains("\"method\": \"\(method)\""))
                #expect(text.contains("\"Content-Length\": \"0\""))
                #expect(!text.contains("Content-Type"))
                try FileManager.default.removeItem(atPath: path)
            }
        }
    }

    @Suite("A product of matrices")
    struct DotTests {
        @Test("tells how many threads OpenBLAS had", arguments: ["--threads 2", "--processes 2 --cold=exec"], [1, 2])
        func threads(shape: String, count: Int) throws {
            try Daemon.run { daemon throws in
                let receipt = try daemon.receipt("dot --size 64 --blas-threads \(count) \(shape)")
                expectSound(receipt)
                #expect(receipt.valueUnit == "flop")
                #expect(receipt.valueSum == receipt.tasks.ok * 2 * 64 * 64 * 64)
                let figure = try #require(receipt.figures.first { $0.name == "BLAS threads" })
                #expect(figure.min == count && figure.max == count)
            }
        }

        @Test("has a pool that can be sized before its first use, and is warm then")
        func pool() throws {
            try Daemon.run { daemon throws in
                #expect(try daemon.parctl("pools resize processes-blas 2").status == 0)
                #expect(try eventually { try daemon.pool("processes-blas").ready == 2 })
                #expect(try daemon.receipt("dot --size 64 --processes 2").temperature == .warm)
            }
        }
    }
}
