import Bytes
import Glibc
public import Linux
import Synchronization

/// What a job's tasks are given, made ready for shared memory: words, or parts of one block of bytes.
public struct TaskInputs: Sendable {
    /// How they stand in a job's memory.
    public enum Form: UInt32, Sendable {
        /// Each task's words and those that all share, see ``Words``:
        ///
        /// ```
        /// 0               the end of each list, 8 bytes each: the shared one's, then each task's
        /// 8 × (tasks + 1) the lists, one after the other; each word ended by a NUL
        /// ```
        case words = 0
        /// A block of bytes, which begins at the plan's `blockOffset`, and a table of each task's part of it, a ``ByteSpan``
        /// each, at `spansOffset`; without a table the whole block is each task's. Words that all share stand at the end, in
        /// `sharedBytes` bytes.
        case block = 1
    }

    enum Content: Sendable {
        case words([UInt8])
        /// The ends of all lists and the shared one, and a block that the others are the parts of.
        case lists([UInt8], InputBlock)
        case block(InputBlock)
    }

    let content: Content
    /// How many bytes they take in a job's memory.
    public let byteCount: Int
    private let form: Form
    private let blockOffset: Int
    private let spansOffset: UInt64
    /// The words of all tasks behind a block.
    let shared: [UInt8]

    /// - Parameters:
    ///   - shared: the words of all tasks.
    ///   - tasks: each task's words.
    /// - Returns: nil if a word has a NUL in it.
    public init?(shared: [String], tasks: [[String]]) {
        let lists = tasks.count + 1
        // No word has more bytes than its text.
        func room(_ words: [String]) -> Int { words.reduce(0) { $0 + $1.utf8.count + 1 } }
        let count = tasks.reduce(8 * lists + room(shared)) { $0 + room($1) }
        var isText = true
        // Written in one piece and in place: it may be many MiB.
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, written in
            var end = 8 * lists
            for list in 0..<lists {
                for word in list == 0 ? shared : tasks[list - 1] {
                    word.withBytes { bytes in
                        if let base = bytes.baseAddress, memchr(base, 0, bytes.count) != nil { isText = false }
                        _ = UnsafeMutableBufferPointer(rebasing: buffer[end...]).update(fromContentsOf: bytes)
                        end += bytes.count
                    }
                    buffer[end] = 0
                    end += 1
                }
                UnsafeMutableRawBufferPointer(buffer).storeBytes(
                    of: UInt64(end), toByteOffset: 8 * list, as: UInt64.self)
            }
            written = end
        }
        if !isText { return nil }
        content = .words(bytes)
        byteCount = bytes.count
        form = .words
        blockOffset = 0
        spansOffset = JobPlan.noSpans
        self.shared = []
    }

    /// Tasks whose words are the parts of `lists`: each with a NUL behind it, as in memory. That they are is checked once they are
    /// where nobody can change them any more.
    ///
    /// - Returns: nil if a word of `shared` has a NUL in it.
    public init?(shared: [String], lists: InputBlock) {
        if shared.contains(where: { $0.utf8.contains(0) }) { return nil }
        let words: [UInt8] = shared.flatMap { $0.bytes + [0] }
        let first = 8 * (lists.tasks + 1) + words.count
        var head: [UInt8] = []
        head.reserveCapacity(first)
        for end in [0] + lists.ends { withUnsafeBytes(of: UInt64(first + end)) { head += $0 } }
        content = .lists(head + words, lists)
        byteCount = first + lists.byteCount
        form = .words
        blockOffset = 0
        spansOffset = JobPlan.noSpans
        self.shared = []
    }

    /// Tasks that are given parts of `block`, and have `shared` words.
    ///
    /// - Returns: nil if a word has a NUL in it.
    public init?(_ block: InputBlock, shared: [String]) {
        if shared.contains(where: { $0.utf8.contains(0) }) { return nil }
        self.init(block, sharedBytes: shared.flatMap { $0.bytes + [0] })
    }

    /// Tasks that are given parts of `block`.
    public init(_ block: InputBlock) {
        self.init(block, sharedBytes: [])
    }

    private init(_ block: InputBlock, sharedBytes: [UInt8]) {
        content = .block(block)
        shared = sharedBytes
        byteCount = block.blockOffset + block.byteCount + shared.count
        form = .block
        blockOffset = block.blockOffset
        spansOffset = block.spansOffset.map { UInt64($0) } ?? JobPlan.noSpans
    }

    /// Says in a job's plan how they stand in its memory.
    func describe(in plan: inout JobPlan) {
        plan.inputBytes = UInt64(byteCount)
        plan.inputForm = form.rawValue
        plan.blockOffset = UInt64(blockOffset)
        plan.spansOffset = spansOffset
        plan.sharedBytes = UInt64(shared.count)
    }

    static func words(_ index: Int, at base: UnsafeMutableRawPointer, tasks: Int) -> Words {
        func end(_ index: Int) -> Int {
            index < 0 ? 8 * (tasks + 1) : Int(base.load(fromByteOffset: 8 * index, as: UInt64.self))
        }
        let start = end(index - 1)
        return Words(UnsafeRawBufferPointer(start: base + start, count: end(index) - start))
    }
}

/// A part of a block of bytes. In memory: its offset, then its length, 8 bytes each in this host's order.
public struct ByteSpan: BitwiseCopyable, Sendable, Equatable {
    public static let byteCount = 16

    public var offset: UInt64
    public var count: UInt64

    @inlinable public init(offset: Int, count: Int) {
        self.offset = UInt64(offset)
        self.count = UInt64(count)
    }

    /// Its bounds in a block of so many bytes; nil where it isn't within.
    @inlinable public func range(within byteCount: Int) -> Range<Int>? {
        guard offset <= UInt64(byteCount), count <= UInt64(byteCount) - offset else { return nil }
        return Int(offset)..<Int(offset) + Int(count)
    }
}

/// One block of bytes, of which each task of a job is given a part: text or numbers, or whatever else.
public struct InputBlock: Sendable {
    /// Why a block can't be what it was said to be.
    public enum Fault: Error, Sendable, Equatable {
        /// The part of this task isn't within the block.
        case outside(task: Int)
        /// The table isn't, or is not at a multiple of 8.
        case table
        /// The file is shorter than it was.
        case shrunk
        /// The part of this task is no list of words.
        case words(task: Int)
        case system(SystemError)
    }

    /// The block itself, or a file that it is read from.
    private let bytes: [UInt8]
    private let file: InputFile?
    /// The table that stands in front of the block; empty where it is in the block itself, or there is none.
    private let spans: [ByteSpan]
    /// Whether the parts are written down in the block itself.
    private let isTableInBlock: Bool
    public let tasks: Int
    /// Of the block.
    public let byteCount: Int
    /// Where the block and the table begin in the job's inputs; the table nowhere where each task is given all of the block.
    let blockOffset: Int
    let spansOffset: Int?

    /// Where the block begins where a table stands in front of it: as `malloc` would align it, and a cache line.
    private static let alignment = 64

    private init(bytes: [UInt8], file: InputFile?, byteCount: Int, spans: [ByteSpan]) {
        self.bytes = bytes
        self.file = file
        self.byteCount = byteCount
        self.spans = spans
        tasks = spans.count
        isTableInBlock = false
        blockOffset = (spans.count * ByteSpan.byteCount + Self.alignment - 1) / Self.alignment * Self.alignment
        spansOffset = 0
    }

    private init(bytes: [UInt8], file: InputFile?, byteCount: Int, table: Int?, tasks: Int) {
        self.bytes = bytes
        self.file = file
        self.byteCount = byteCount
        self.tasks = tasks
        spans = []
        isTableInBlock = table != nil
        blockOffset = 0
        spansOffset = table
    }

    /// A block that every one of `tasks` is given whole.
    public init(_ bytes: [UInt8], tasks: Int) {
        self.init(bytes: bytes, file: nil, byteCount: bytes.count, table: nil, tasks: tasks)
    }

    /// Parts that stand one behind the other, of these lengths. Throws ``Fault/outside(task:)``.
    public init(_ bytes: [UInt8], lengths: [Int]) throws(Fault) {
        let spans = try Self.spans(lengths, within: bytes.count)
        self.init(bytes: bytes, file: nil, byteCount: bytes.count, spans: spans)
    }

    /// The same of a file.
    public init(_ file: InputFile, lengths: [Int]) throws(Fault) {
        let spans = try Self.spans(lengths, within: file.byteCount)
        self.init(bytes: [], file: file, byteCount: file.byteCount, spans: spans)
    }

    /// A file that every one of `tasks` is given whole, or that has a table of their parts at `table`: a ``ByteSpan`` each. What
    /// is in the table is checked once it is where nobody can change it any more. Throws ``Fault/table``.
    public init(_ file: InputFile, table: Int?, tasks: Int) throws(Fault) {
        if let table {
            let (bytes, isBeyond) = tasks.multipliedReportingOverflow(by: ByteSpan.byteCount)
            guard table >= 0, table.isMultiple(of: 8), !isBeyond, bytes <= file.byteCount,
                table <= file.byteCount - bytes
            else { throw .table }
        }
        self.init(bytes: [], file: file, byteCount: file.byteCount, table: table, tasks: tasks)
    }

    private static func spans(_ lengths: [Int], within byteCount: Int) throws(Fault) -> [ByteSpan] {
        var spans: [ByteSpan] = []
        spans.reserveCapacity(lengths.count)
        var offset = 0
        for (task, length) in lengths.enumerated() {
            guard length >= 0, length <= byteCount - offset else { throw .outside(task: task) }
            spans.append(ByteSpan(offset: offset, count: length))
            offset += length
        }
        return spans
    }

    /// The ends of the parts, which stand one behind the other.
    fileprivate var ends: [Int] { spans.map { Int($0.offset + $0.count) } }

    /// What the first task's part begins with, up to `most` bytes; nothing where it can't be read.
    public func beginning(atMost most: Int) -> [UInt8] {
        let count = min(spans.first.map { Int($0.count) } ?? 0, most)
        return file.map { $0.beginning(count) } ?? Array(bytes.prefix(count))
    }

    /// Puts the parts where a job has its tasks' words, and checks that they are such.
    func store(listsAt place: UnsafeMutableRawPointer) throws(Fault) {
        try copy(to: place)
        for (task, span) in spans.enumerated() {
            let part = UnsafeRawBufferPointer(start: place + Int(span.offset), count: Int(span.count))
            // A first word that is empty would name no program.
            guard let first = part.first, first != 0, part.last == 0 else { throw .words(task: task) }
        }
    }

    private func copy(to place: UnsafeMutableRawPointer) throws(Fault) {
        if let file { return try file.copy(to: place) }
        UnsafeMutableRawBufferPointer(start: place, count: byteCount).copyBytes(from: bytes)
    }

    /// Puts table and block where a job has its inputs, and checks what the table says.
    func store(at place: UnsafeMutableRawPointer) throws(Fault) {
        spans.withUnsafeBytes { table in
            if let start = table.baseAddress { place.copyMemory(from: start, byteCount: table.count) }
        }
        let block = place + blockOffset
        try copy(to: block)
        guard isTableInBlock, let spansOffset else { return }
        let table = (block + spansOffset).assumingMemoryBound(to: ByteSpan.self)
        for task in 0..<tasks where table[task].range(within: byteCount) == nil { throw .outside(task: task) }
    }
}

/// A file of somebody else's that holds a block of inputs. It is read once; whoever made it may write on meanwhile, or cut it,
/// and harms only its own run.
public final class InputFile: Sendable {
    private let descriptor: Descriptor
    public let byteCount: Int

    /// Takes over a memory file, or another that has a size and can be read at any place. Throws where it can't be told how
    /// long it is; nil where it is something else.
    public init?(_ descriptor: consuming Descriptor) throws(SystemError) {
        let status = try Self.status(descriptor.raw)
        guard Self.isFile(status) else { return nil }
        byteCount = Int(status.st_size)
        self.descriptor = descriptor
    }

    /// Whether a descriptor is of such a file.
    public static func isFile(_ descriptor: Int32) -> Bool {
        do { return isFile(try status(descriptor)) } catch { return false }
    }

    private static func isFile(_ status: stat) -> Bool { status.st_mode & S_IFMT == S_IFREG }

    private static func status(_ descriptor: Int32) throws(SystemError) -> stat {
        var status = stat()
        try system("fstat") { fstat(descriptor, &status) }
        return status
    }

    /// Its first bytes, as far as they can be read.
    fileprivate func beginning(_ count: Int) -> [UInt8] {
        let raw = descriptor.raw
        return [UInt8](unsafeUninitializedCapacity: count) { bytes, read in
            read = max(pread(raw, bytes.baseAddress, count, 0), 0)
        }
    }

    /// Copies all of it. The kernel does, so that a file that gets shorter makes no fault; mapping one that can't is no faster.
    ///
    /// A large one is copied by two threads, where there are processors for them: one alone takes half as long again as a copy
    /// within memory.
    func copy(to place: UnsafeMutableRawPointer) throws(InputBlock.Fault) {
        guard byteCount >= Self.largeBytes, Processors.available > 1 else { return try copy(0..<byteCount, to: place) }
        let half = byteCount / 2
        let fault = Mutex<InputBlock.Fault?>(nil)
        let address = UInt(bitPattern: place)
        let other: SystemThread
        do {
            other = try SystemThread(named: "par-copy") { [self] in
                guard let place = UnsafeMutableRawPointer(bitPattern: address) else { return }
                do throws(InputBlock.Fault) {
                    try copy(half..<byteCount, to: place)
                } catch {
                    fault.withLock { $0 = error }
                }
            }
        } catch {
            return try copy(0..<byteCount, to: place)
        }
        let own = Result { () throws(InputBlock.Fault) in try copy(0..<half, to: place) }
        other.join()
        try own.get()
        if let fault = fault.withLock({ $0 }) { throw fault }
    }

    private static let largeBytes = 1 << 23

    private func copy(_ range: Range<Int>, to place: UnsafeMutableRawPointer) throws(InputBlock.Fault) {
        let raw = descriptor.raw
        var done = range.lowerBound
        while done < range.upperBound {
            let count: Int
            do {
                count = try system("pread") { pread(raw, place + done, range.upperBound - done, off_t(done)) }
            } catch {
                throw .system(error)
            }
            if count == 0 { throw .shrunk }
            done += count
        }
    }
}

/// Words that stand one after the other in memory, each ended by a NUL: as C takes strings, without a copy.
public struct Words: Sequence {
    private let bytes: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The words as C strings, valid for as long as the job's memory.
    public func makeIterator() -> AnyIterator<UnsafePointer<CChar>> {
        var rest = bytes[...]
        return AnyIterator { Self.next(of: &rest) }
    }

    /// Takes the first word of `rest` off; nil where there is none.
    private static func next(of rest: inout Slice<UnsafeRawBufferPointer>) -> UnsafePointer<CChar>? {
        guard !rest.isEmpty, let base = rest.base.baseAddress else { return nil }
        let start = base + rest.startIndex
        guard let end = memchr(start, 0, rest.count) else { return nil }
        rest = rest[(UnsafeRawPointer(end) - base + 1)...]
        return start.assumingMemoryBound(to: CChar.self)
    }

    /// Does something with each word: there may be thousands.
    public func forEach(_ body: (UnsafePointer<CChar>) -> Void) {
        var rest = bytes[...]
        while let word = Self.next(of: &rest) { body(word) }
    }

    /// The words as text.
    public var strings: [String] { map { String(cBytes: $0) } }
}
