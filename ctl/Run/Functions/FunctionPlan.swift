import Bytes
import Catalogue
import Control
import Glibc
import Linux
import Report

/// What `parctl run native` or `python` is to do: the function, what it is called for, and what becomes of its results.
struct FunctionPlan {
    /// A library's or a file's path or a module's name, a colon and the function's name.
    let function: String
    /// The interpreter that has it; nil for a library's function.
    let interpreter: String?
    /// What tasks are given; nil for nothing.
    let items: ItemFile?
    let isTagged: Bool
    /// Where each result has a file of its own; nil where they are printed.
    let directory: String?
    /// The file that all results are kept in, one behind the other; nil for none.
    let pickleFile: String?
    /// Whether what tasks print is printed in the order of the inputs.
    let keepsOrder: Bool
    let log: JobLogFile?
    /// Why tasks have no result, as far as it has been said.
    let complaints = Complaints()

    /// Reads everything that there is to read, and checks it.
    init(_ words: RunWords, in directory: String = Environment.directory) throws(CommandError) {
        guard let name = words.operands.first, let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")),
            name.utf8.first != UInt8(ascii: ":"), name.utf8.last != UInt8(ascii: ":")
        else {
            let example = words.definition.input == .argument ? "python ./mine.py:work" : "native ./libmine.so:work"
            throw words.fault("which function? For example: parctl run \(example) one two")
        }
        if words.definition.input == .argument {
            let target = try PythonTarget(name, interpreter: words.arguments["python"], in: directory, words)
            (function, interpreter) = (target.function, target.interpreter)
        } else {
            // By bytes: an accent behind the slash is one character with it.
            function = name.utf8.first == UInt8(ascii: "/") ? name : directory + "/" + Self.plain(name)
            interpreter = nil
            let path = String(name[..<colon])
            guard access(path.cBytes, R_OK) == 0 else { throw .input(path: path, reason: SystemFault.text(errno)) }
        }
        let options = words.client
        isTagged = options["tag"] != nil
        self.directory = options["output"]?.last
        pickleFile = options["pickle"]?.last
        if isTagged, let keeping = self.directory != nil ? "--output" : pickleFile != nil ? "--pickle" : nil {
            throw words.fault("--tag is for results that are printed, and \(keeping) keeps them in files")
        }
        guard self.directory == nil || pickleFile == nil else {
            throw words.fault("results are kept by --output or by --pickle, not by both")
        }
        keepsOrder = options["keep-order"] != nil
        let resume = JobLogFile.Resume(options)
        guard resume == .no || options["joblog"] != nil else {
            throw words.fault("--resume and --resume-failed need a joblog: name it with --joblog")
        }
        log = try options["joblog"]?.last.map { path throws(CommandError) in try JobLogFile(path, resume: resume) }
        var list = ItemList(without: log?.known ?? [])
        var operands = words.operands.dropFirst()
        let mark = operands.firstIndex(of: ":::")
        let end: UInt8 = options["null"] == nil ? UInt8(ascii: "\n") : 0
        var files = options["from"] ?? []
        if mark == nil, operands.contains("-") || (options["null"] != nil && files.isEmpty) { files.append("-") }
        for path in files { try list.read(path, end: end) }
        if let mark {
            operands.remove(at: mark)
        } else {
            operands.removeAll { $0 == "-" }
        }
        for word in operands { try list.add(word.bytes[...], of: "the command line") }
        let isGiven = !files.isEmpty || !operands.isEmpty || mark != nil
        guard !isGiven || list.count > 0 || list.seen > 0 else {
            throw words.fault("there is no input to call the function for")
        }
        items = isGiven ? try ItemFile(list) : nil
    }

    /// Whether there is nothing to be run, as all has been run before, which is said then.
    func isDone() -> Bool {
        guard let items, items.count == 0, let log else { return false }
        StandardError.write(
            "parctl: all that is to be run is in the joblog already: \(Units.counted(log.known.count, "item"))\n")
        return true
    }

    /// Who shows what comes of tasks while others are still at work.
    var follower: FunctionFollower { FunctionFollower(self) }

    /// A relative path without the dots that lead nowhere: a library has one runtime, however it is typed.
    static func plain(_ path: String) -> String {
        var rest = Substring(path).utf8
        while rest.starts(with: "./".utf8) { rest = rest.dropFirst(2).drop { $0 == UInt8(ascii: "/") } }
        return String(Substring(rest))
    }

    /// How many tasks there are where `asked` are asked for: one for each input; a single one is for all of them.
    func count(asked: Int?, _ words: RunWords) throws(CommandError) -> Int? {
        guard let items else { return asked }
        guard let asked, asked != items.count else { return items.count }
        guard items.count == 1 else {
            throw words.fault("there are \(items.count) inputs, and as many tasks: --tasks goes with one input or none")
        }
        return asked
    }

    /// Puts function and inputs into a request.
    func put(into request: inout Run.Request) {
        request.arguments = (request.arguments ?? [:]).merging(["function": function]) { $1 }
        if let interpreter {
            request.arguments?["python"] = interpreter
            if directory != nil || pickleFile != nil { request.arguments?["results"] = "pickle" }
            request.context = .ofThisProcess
        }
        request.results = true
        guard let items else { return }
        request.tasks = request.tasks ?? items.count
        request.block = Run.Block(descriptor: 0, table: items.count == 1 ? nil : 0)
    }
}

/// The inputs of a run's tasks as they are read, one behind the other: bytes of any kind.
struct ItemList {
    private(set) var bytes: [UInt8] = []
    private(set) var spans: [(offset: Int, count: Int)] = []
    /// The number of each, from 1.
    private(set) var numbers: [Int] = []
    /// All that there were, those that are left out among them.
    private(set) var seen = 0
    private let left: Set<Int>

    /// - Parameter left: the numbers of those that are left out.
    init(without left: Set<Int> = []) {
        self.left = left
    }

    var count: Int { spans.count }

    /// The most that are kept for one run. A daemon may allow less.
    static let maximumItems = 16_000_000
    /// Bytes of all that are kept.
    static let maximumBytes = 1 << 30

    /// Reads the inputs of a file, or of standard input where it is called `-`.
    ///
    /// - Parameter end: what ends each; the last one may lack it.
    mutating func read(_ path: String, end: UInt8) throws(CommandError) {
        let name = path == "-" ? "standard input" : path
        try LineReader(path, named: name).read(end: end, longest: Self.maximumBytes, thing: "input") {
            (line: ArraySlice<UInt8>) throws(CommandError) in try add(line, of: name)
        }
    }

    mutating func add(_ item: ArraySlice<UInt8>, of name: String) throws(CommandError) {
        guard count < Self.maximumItems, bytes.count + item.count <= Self.maximumBytes else {
            let limit = count < Self.maximumItems ? "\(Self.maximumBytes >> 20) MiB" : "\(Self.maximumItems) inputs"
            throw .input(path: name, reason: "there are more than \(limit), the most for one run: run them in parts")
        }
        seen += 1
        if left.contains(seen) { return }
        if !left.isEmpty { numbers.append(seen) }
        spans.append((bytes.count, item.count))
        bytes += item
    }
}

/// The inputs of a run in a memory file, as the daemon takes them: a single one as it is; several behind a table of their
/// places, which are an offset and a length each, in 8 bytes.
final class ItemFile {
    let count: Int
    private let bytes: [UInt8]
    private let spans: [(offset: Int, count: Int)]
    /// Empty where they are counted as they stand.
    private let numbers: [Int]
    private let file: Descriptor

    init(_ list: ItemList) throws(CommandError) {
        (count, bytes, spans, numbers) = (list.count, list.bytes, list.spans, list.numbers)
        let table = count == 1 ? 0 : 16 * count
        var places: [Int] = []
        places.reserveCapacity(2 * count)
        if count > 1 {
            for span in spans { places += [table + span.offset, span.count] }
        }
        do {
            let file = try Descriptor.memoryFile(named: "par-inputs")
            try file.append(places)
            try file.append(bytes)
            try file.seal()
            self.file = file
        } catch {
            throw CommandError(error)
        }
    }

    /// The memory file's, which stays this object's.
    var descriptor: Int32 { file.raw }

    /// The number of a task's input, from 1.
    func number(of task: Int) -> Int { numbers.isEmpty ? task + 1 : numbers[count == 1 ? 0 : task] }

    /// The input of a task, as text; a single one is every task's.
    func text(of task: Int) -> String {
        let span = spans[count == 1 ? 0 : task]
        return String(bytes: bytes[span.offset..<span.offset + span.count])
    }

    func bytes(of task: Int) -> ArraySlice<UInt8> {
        let span = spans[count == 1 ? 0 : task]
        return bytes[span.offset..<span.offset + span.count]
    }
}
