import Varlink

/// `org.pard.Control.Script`: a script of Python's in a fork of a warm interpreter. The call and its replies.
public enum Script {
    public static let method = "org.pard.Control.Script"

    /// What a script is.
    public enum Kind: String, Codable, Sendable, CaseIterable {
        /// The text of a program, as behind `-c`.
        case command
        /// A module's name, as behind `-m`.
        case module
        /// A file or a directory.
        case file
        /// What standard input has.
        case input
    }

    public struct Request: Codable, Sendable, Equatable {
        /// The interpreter's path.
        public var python: String
        /// Modules that the interpreter is to have loaded.
        public var preload: [String]
        /// Where these are looked for besides: where the script's own modules are. Nil where none of them is there.
        public var root: String?
        public var kind: Kind
        /// The program's text, the module or the file; empty for standard input.
        public var script: String
        /// The command line that `python3` would have, its name first.
        public var words: [String]
        /// How many words at its end are the script's own.
        public var arguments: Int
        public var unbuffered: Bool
        /// Whether the reply says what the script imported, and how long that took.
        public var why: Bool
        /// The numbers of signals that are blocked.
        public var blocked: [Int]
        /// See ``Linux/Surroundings``.
        public var surroundings: NamedTexts
        public var context: Context

        public init(
            python: String, preload: [String] = [], root: String? = nil, kind: Kind, script: String, words: [String],
            arguments: Int, unbuffered: Bool = false, why: Bool = false, blocked: [Int] = [],
            surroundings: NamedTexts, context: Context
        ) {
            self.python = python
            self.preload = preload
            self.root = root
            self.kind = kind
            self.script = script
            self.words = words
            self.arguments = arguments
            self.unbuffered = unbuffered
            self.why = why
            self.blocked = blocked
            self.surroundings = surroundings
            self.context = context
        }
    }

    /// Texts by their names: an object's members, in their order.
    public struct NamedTexts: Codable, Sendable, Equatable, ExpressibleByDictionaryLiteral {
        public var items: [(name: String, text: String)]

        public init(_ items: [(name: String, text: String)] = []) {
            self.items = items
        }

        public init(dictionaryLiteral items: (String, String)...) {
            self.init(items.map { ($0, $1) })
        }

        public init(from decoder: any Decoder) throws {
            let texts = try [String: String](from: decoder)
            self.init(texts.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
        }

        public func encode(to encoder: any Encoder) throws {
            try [String: String](items.map { ($0.name, $0.text) }) { first, _ in first }.encode(to: encoder)
        }

        /// Whatever the order.
        public static func == (one: Self, other: Self) -> Bool {
            one.sorted.elementsEqual(other.sorted, by: ==)
        }

        private var sorted: [(name: String, text: String)] { items.sorted { $0.name < $1.name } }
    }

    /// How many descriptors come with the call: standard input, output and errors, the directory, and the claim.
    public static let descriptors = 5

    /// One reply; exactly one member is there.
    public struct Reply: Codable, Sendable, Equatable {
        public var begun: Begun?
        /// The signal that has stopped the script.
        public var stopped: Int?
        public var ended: Ended?
        /// Why the script is not run here; nothing of it has been.
        public var cold: String?

        public init(begun: Begun? = nil, stopped: Int? = nil, ended: Ended? = nil, cold: String? = nil) {
            self.begun = begun
            self.stopped = stopped
            self.ended = ended
            self.cold = cold
        }
    }

    /// The script is about to begin.
    public struct Begun: Codable, Sendable, Equatable {
        public var pid: Int
        /// Nanoseconds since its interpreter was ready; nil where it was started for this script.
        public var warm: Int?
        /// Why it was started for this script; nil where that is no news.
        public var reason: String?

        public init(pid: Int, warm: Int? = nil, reason: String? = nil) {
            self.pid = pid
            self.warm = warm
            self.reason = reason
        }
    }

    /// How the script has ended: one of `code` and `signal` is there.
    public struct Ended: Codable, Sendable, Equatable {
        public var code: Int?
        public var signal: Int?
        /// The modules whose loading took longest, where that was asked for.
        public var imports: [Import]?

        public init(code: Int? = nil, signal: Int? = nil, imports: [Import]? = nil) {
            self.code = code
            self.signal = signal
            self.imports = imports
        }
    }

    /// What loading a module took, with all that it loads itself.
    public struct Import: Codable, Sendable, Equatable {
        public var name: String
        public var nanoseconds: Int

        public init(name: String, nanoseconds: Int) {
            self.name = name
            self.nanoseconds = nanoseconds
        }
    }
}

/// `org.pard.Control.KeepInterpreter`: has an interpreter for scripts be kept.
public enum KeepInterpreter {
    public static let method = "org.pard.Control.KeepInterpreter"

    public struct Request: Codable, Sendable, Equatable {
        public var python: String
        public var preload: [String]
        public var root: String?
        public var context: Context

        public init(python: String, preload: [String], root: String? = nil, context: Context) {
            self.python = python
            self.preload = preload
            self.root = root
            self.context = context
        }
    }

    public struct Reply: Codable, Sendable, Equatable {
        /// Its pool, as `ListPools` has it.
        public var pool: String

        public init(pool: String) {
            self.pool = pool
        }
    }
}

// Written and read without Swift's own coding, whose first use takes longer than a script.
extension Script.Request {
    /// The request as the parameters of a call: the text of a JSON object.
    public var json: [UInt8] {
        var json = JSONWriter()
        json.append("{\"python\":", quoted: python)
        json.append(",\"preload\":", texts: preload)
        if let root { json.append(",\"root\":", quoted: root) }
        json.append(",\"kind\":", quoted: kind.rawValue)
        json.append(",\"script\":", quoted: script)
        json.append(",\"words\":", texts: words)
        json.append(",\"arguments\":", arguments)
        if unbuffered { json.append(",\"unbuffered\":true") }
        if why { json.append(",\"why\":true") }
        if !blocked.isEmpty { json.append(",\"blocked\":", numbers: blocked) }
        json.append(",\"surroundings\":{")
        json.append(list: surroundings.items) { item, json in
            json.append(quoted: item.name)
            json.append(":", quoted: item.text)
        }
        json.append("},\"context\":")
        context.append(to: &json)
        json.append("}")
        return json.bytes
    }

    /// The request whose text is `text`; nil where it is not as described.
    public init?(parameters text: [UInt8]) {
        do throws(JSONObject.Unfit) {
            let request = try JSONObject(text)
            let given = try request.object("surroundings")
            var surroundings = Script.NamedTexts()
            for name in given.keys { surroundings.items.append((name, try given.text(name))) }
            self.init(
                python: try request.text("python"), preload: try request.textsIfPresent("preload"),
                root: try request.textIfPresent("root"), kind: try request.choice("kind"),
                script: try request.text("script"), words: try request.textsIfPresent("words"),
                arguments: try request.number("arguments"),
                unbuffered: try request.flagIfPresent("unbuffered") ?? false,
                why: try request.flagIfPresent("why") ?? false, blocked: try request.numbersIfPresent("blocked") ?? [],
                surroundings: surroundings, context: try Context(request.object("context")))
        } catch {
            return nil
        }
    }
}

extension Script.Reply {
    public var json: [UInt8] {
        var json = JSONWriter()
        if let begun {
            json.append("{\"begun\":{\"pid\":", begun.pid)
            if let warm = begun.warm { json.append(",\"warm\":", warm) }
            if let reason = begun.reason { json.append(",\"reason\":", quoted: reason) }
            json.append("}}")
        } else if let stopped {
            json.append("{\"stopped\":", stopped)
            json.append("}")
        } else if let ended {
            json.append("{\"ended\":{\"code\":", numberOrNull: ended.code)
            json.append(",\"signal\":", numberOrNull: ended.signal)
            if let imports = ended.imports {
                json.append(",\"imports\":[")
                json.append(list: imports) { item, json in
                    json.append("{\"name\":", quoted: item.name)
                    json.append(",\"nanoseconds\":", item.nanoseconds)
                    json.append("}")
                }
                json.append("]")
            }
            json.append("}}")
        } else {
            json.append("{\"cold\":", quotedOrNull: cold)
            json.append("}")
        }
        return json.bytes
    }

    /// The reply whose parameters' text is `text`; nil where it is not as described.
    public init?(parameters text: [UInt8]) {
        do throws(JSONObject.Unfit) {
            let reply = try JSONObject(text)
            self.init(
                begun: try reply.objectIfPresent("begun").map { begun throws(JSONObject.Unfit) in
                    Script.Begun(
                        pid: try begun.number("pid"), warm: try begun.numberIfPresent("warm"),
                        reason: try begun.textIfPresent("reason"))
                },
                stopped: try reply.numberIfPresent("stopped"),
                ended: try reply.objectIfPresent("ended").map { ended throws(JSONObject.Unfit) in
                    Script.Ended(
                        code: try ended.numberIfPresent("code"), signal: try ended.numberIfPresent("signal"),
                        imports: try ended.objectsIfPresent("imports")?.map { item throws(JSONObject.Unfit) in
                            Script.Import(name: try item.text("name"), nanoseconds: try item.number("nanoseconds"))
                        })
                },
                cold: try reply.textIfPresent("cold"))
        } catch {
            return nil
        }
    }
}

extension Context {
    /// Appends its text as a JSON object.
    func append(to json: inout JSONWriter) {
        json.append("{\"directory\":", quoted: directory)
        json.append(",\"umask\":", umask)
        json.append(",\"environment\":", texts: environment)
        if let ignored { json.append(",\"ignored\":", numbers: ignored) }
        if let nice { json.append(",\"nice\":", nice) }
        if let io { json.append(",\"io\":", io) }
        if let oom { json.append(",\"oom\":", oom) }
        if let policy { json.append(",\"policy\":", policy) }
        if let cpus { json.append(",\"cpus\":", numbers: cpus) }
        if let limits { json.append(",\"limits\":", numbers: limits) }
        json.append("}")
    }
}
