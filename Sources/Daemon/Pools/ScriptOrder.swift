import Bytes
import Glibc
import Ledger
public import Linux
public import Scheduling

/// The number of a script. A daemon gives none of them out twice.
public typealias ScriptID = Int

/// A script that a client wants run in a fork of an interpreter.
public struct ScriptOrder: Sendable {
    public let id: ScriptID
    public let runtime: RuntimeID
    /// By which its process's notes are known: nobody else has it.
    let ticket: String
    /// All that `script_order.py` reads, but for where it sends notes and by which ticket.
    let text: [UInt8]

    /// Why a script isn't run by a daemon that ends.
    public static let draining = "the daemon is ending"
}

/// What a client has sent for its script: the standard streams, the directory, and the claim. Closed when let go.
public final class ScriptFiles: Sendable {
    let numbers: [Int32]
    /// See ``Linux/Claim``.
    let claim: Int32

    /// Takes over open descriptors.
    ///
    /// - Returns: nil where there are too few or too many of them.
    public init?(owning numbers: [Int32]) {
        self.numbers = numbers
        claim = numbers.last ?? -1
        if numbers.count != ZygoteProtocol.ScriptFile.order.rawValue { return nil }
    }

    deinit {
        let numbers = numbers
        let work: @Sendable () -> Void = { for number in numbers { close(number) } }
        // Who serves one of the files may be slow to take its end.
        do { try SystemThread.detached(named: "par-close", work) } catch { work() }
    }
}

/// What becomes of a script.
public enum ScriptEvent: Sendable {
    /// It isn't run, and nothing of it has been: why.
    case refused(String)
    /// It is about to begin. `readyAt`: since when its interpreter has been ready.
    case begun(pid: Int, readyAt: UInt64)
    /// A signal has stopped it. It may go on.
    case stopped(Int32)
    /// It has ended, or is about to, with all that it had open given back. Nothing follows.
    case ended(Exit, imports: [(name: String, nanoseconds: Int)])
    /// Nobody knows how it ends.
    case lost
}

extension Supervisor {
    /// Has a script run in a fork of an interpreter.
    ///
    /// - Parameters:
    ///   - words: what `script_order.py` reads, from the flags on.
    ///   - observer: told what becomes of it, in a turn.
    /// - Returns: its number, for ``end(script:)``.
    public func run(
        script words: [String], on runtime: RuntimeID, _ files: ScriptFiles,
        observer: @escaping @Sendable (ScriptEvent) -> Void
    ) -> ScriptID {
        let id = state.withLock { state in
            defer { state.nextScript += 1 }
            return state.nextScript
        }
        var text: [UInt8] = []
        for word in words { text += word.cBytes.map { UInt8(bitPattern: $0) } }
        let ticket = String(UInt64.random(in: 0 ... .max), radix: 16) + "." + String(id)
        send(
            .script(ScriptOrder(id: id, runtime: runtime, ticket: ticket, text: text), files, observer), here: true)
        return id
    }

    /// Its client has gone: ends the script and its group.
    public func end(script id: ScriptID) { send(.endScript(id)) }

    /// Has an interpreter be there though nobody uses it, or no longer.
    public func keep(_ runtime: RuntimeID, _ isKept: Bool) { send(.keepRuntime(runtime, isKept)) }

    /// Tells `answer` a runtime's name and how it is, once it is ready or won't be.
    public func whenSettled(_ runtime: RuntimeID, _ answer: @escaping @Sendable (String, RuntimeHealth) -> Void) {
        send(.awaitRuntime(runtime, answer))
    }
}

/// What the driver knows of a script.
final class ScriptRecord {
    let order: ScriptOrder
    /// Nil once it has begun: what it closes then is closed.
    var files: ScriptFiles?
    let observer: @Sendable (ScriptEvent) -> Void
    /// Nil until it has been handed to one.
    var process: ScriptProcess?
    /// Processes that had ended as it was to be handed to them.
    var misses = 0

    /// Sees to it that it doesn't begin any more. False where it has.
    func stayBack() -> Bool { files.map { Claim.take($0.claim) } ?? false }

    var hasBegun = false
    /// Whether its client has been told the last word.
    var isTold = false

    init(
        _ order: ScriptOrder, _ files: ScriptFiles, _ observer: @escaping @Sendable (ScriptEvent) -> Void
    ) {
        self.order = order
        self.files = files
        self.observer = observer
    }
}

/// What scripts' processes tell by themselves.
struct ScriptNotes: ~Copyable {
    let socket: NoteSocket

    enum Note {
        case begun
        case refused(String)
        case ended(Exit, imports: [(name: String, nanoseconds: Int)])
    }

    /// The next note, with the script's number, the ticket and the sender; nil where there is none. What is none is passed over.
    func next() -> (script: ScriptID, ticket: String, pid: Int32, note: Note)? {
        while let (pid, bytes) = socket.next() {
            let words = bytes.split(separator: 0, omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard words.count >= 2, let script = words[0].split(separator: ".").last.flatMap({ Int($0) }),
                let note = Self.note(words.dropFirst())
            else { continue }
            return (script, words[0], pid, note)
        }
        return nil
    }

    private static func note(_ words: ArraySlice<String>) -> Note? {
        var words = words
        let kind = words.removeFirst()
        switch kind {
        case "begun": return .begun
        case "refused": return .refused(words.joined(separator: " "))
        case "ended", "signal":
            guard let number = words.popFirst().flatMap({ Int32($0) }) else { return nil }
            var imports: [(name: String, nanoseconds: Int)] = []
            while let name = words.popFirst(), let taken = words.popFirst().flatMap({ Int($0) }) {
                imports.append((name, taken))
            }
            return .ended(kind == "ended" ? .code(number) : .signal(number), imports: imports)
        default: return nil
        }
    }
}
