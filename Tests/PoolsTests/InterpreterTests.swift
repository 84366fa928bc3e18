import Glibc
import Ledger
import Linux
import Scheduling
import Testing

@testable import Pools

@Suite("Which interpreter's runtime serves a run")
struct InterpreterTests {
    private let family = InterpreterNeed.Family(
        interpreter: "/usr/bin/python3", directory: "/home", target: "/work/app.py", preload: [])

    private func variant(
        _ environment: [String], reads: [RuntimeReport.Read]?, sources: [RuntimeReport.Source] = []
    ) -> InterpreterTable.Variant {
        var table = InterpreterTable()
        let id = RuntimeID(number: 9)
        table.add(id, "python", InterpreterNeed(family: family, environment: environment), 0)
        if let reads {
            var report = RuntimeReport()
            report.environment = reads
            report.sources = sources
            table.note(report, of: id)
        }
        return table[family][0]
    }

    private func reason(_ variant: InterpreterTable.Variant, _ environment: [String], now: UInt64 = 1) -> String? {
        switch variant.mismatch(.init(environment), now, age: 3_600_000_000_000) {
        case .environment(let what), .outdated(let what): what
        case nil: nil
        }
    }

    @Test("has a name of its own for scripts: by what is loaded, by the interpreter, by a number")
    func names() {
        var table = InterpreterTable()
        func add(_ interpreter: String, _ preload: [String], in directory: String = "/") -> String {
            let need = InterpreterNeed(
                family: .init(
                    interpreter: interpreter, directory: directory, target: InterpreterNeed.scripts, preload: preload),
                environment: [])
            let name = table.name(forScripts: need)
            table.add(RuntimeID(number: UInt32(name.utf8.count)), name, need, 0)
            return name
        }
        #expect(add("/a/python3", []) == "scripts")
        #expect(add("/a/python3", ["numpy", "json"]) == "scripts:json:numpy")
        #expect(add("/b/python3", []) == "scripts@/b/python3")
        #expect(add("/a/python3", [], in: "/home") == "scripts#2")
        #expect(add("/a/python3", []) == "scripts#3")
        #expect(add("/b/python3", []) == "scripts@/b/python3#2")
        table.remove(RuntimeID(number: UInt32("scripts".utf8.count)))
        #expect(add("/b/python3", []) == "scripts", "a name that is free again")
    }

    @Test("is told by the variables that were read, by whoever read them first, and by those that are always read")
    func variables() {
        let own = variant(
            ["A=1", "B=1"], reads: [.init(name: "A", reader: "app.settings"), .init(name: "N", reader: "x")])
        #expect(reason(own, ["A=1", "B=2", "C=3"]) == nil)
        #expect(reason(own, ["A=2", "B=1"]) == "environment changed: A, read by app.settings")
        #expect(reason(own, ["B=1"]) == "environment changed: A, read by app.settings")
        #expect(reason(own, ["A=1", "B=1", "N="]) == "environment changed: N, read by x")
        #expect(
            reason(own, ["A=1", "B=1", "LD_PRELOAD=x"]) == "environment changed: LD_PRELOAD, read by the interpreter")
    }

    @Test("is told by all variables where all were read, but for those that differ from terminal to terminal")
    func all() {
        let own = variant(["A=1", "SHLVL=1"], reads: [.init(name: "*", reader: "app")])
        #expect(reason(own, ["A=1", "SHLVL=2", "_=/bin/x"]) == nil)
        #expect(reason(own, ["A=2"]) == "environment changed: A, read by app")
    }

    @Test("is told by all variables for as long as nobody knows what is read")
    func unknown() {
        let own = variant(["A=1"], reads: nil)
        #expect(reason(own, ["A=1"]) == nil)
        #expect(reason(own, ["A=2"]) == "environment changed: A")
    }

    @Test("is told by the files that it was made of, and by its age")
    func sources() throws {
        let path = "/tmp/pard-source-\(getpid())"
        func write(_ text: String) throws {
            let file = try #require(fopen(path, "w"))
            fputs(text, file)
            fclose(file)
        }
        try write("a")
        defer { unlink(path) }
        let own = variant([], reads: [], sources: [.init(path: path, identity: FileStamp.of(path))])
        #expect(reason(own, []) == nil)
        #expect(reason(own, [], now: 3_600_000_000_001) == "workers renewed, as their interpreter was too old")
        try write("ab")
        #expect(reason(own, []) == "sources changed: \(path)")
        unlink(path)
        #expect(reason(own, []) == "sources changed: \(path)")
    }

    @Test("looks for modules beside a file, and elsewhere where the caller is")
    func root() {
        #expect(family.root == "/work")
        var other = family
        other.target = "json"
        #expect(other.root == "/home")
        other.target = "/app.py"
        #expect(other.root == "/")
    }
}
