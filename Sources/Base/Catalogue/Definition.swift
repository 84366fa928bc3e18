/// A workload as one value: all that is known of it but the code that runs. Help, completions, checks on both sides,
/// figures, record members, the manual and permissions follow from it. One object, as each run holds on to it.
public final class Definition: Sendable {
    /// As typed.
    public let name: String
    /// One line.
    public let summary: String
    /// What it really does, and what its figures do and don't say.
    public let text: String
    /// What a task's value counts, such as `bytes`; nil where it returns none.
    public let unit: String?
    /// Whether a task whose worker died may be run again.
    public let rerun: Bool
    /// What its workers are made of, by the runtime's name.
    public let runtime: String
    /// What each task has to be given; nil where tasks are given nothing.
    public let input: Input?
    /// What a daemon has to allow its callers.
    public let permissions: [Permission]
    public let options: [Option]
    /// Options that can't be given together.
    public let exclusions: [Exclusion]
    /// What its tasks take of each worker's memory, where that is so much that it has to be checked first.
    public let memory: Memory?
    /// What a task tells beside its value.
    public let detail: Detail
    /// Why its tasks fail.
    public let failures: [FailureKind]
    /// Runs, as typed behind `parctl run`.
    public let examples: [String]

    /// What a daemon allows its callers, or doesn't.
    public enum Permission: String, Sendable, CaseIterable {
        /// To run any program.
        case commands
        /// To fetch any URL.
        case addresses
        /// To choose the directory of files that are written. Every path among the options needs it.
        case directories

        /// What isn't permitted, behind "you may not".
        public var action: String {
            switch self {
            case .commands: "run commands"
            case .addresses: "fetch URLs"
            case .directories: "choose where a job's files go"
            }
        }

        /// The daemon's setting that permits it.
        public var setting: String {
            switch self {
            case .commands: "allow-exec"
            case .addresses: "allow-urls"
            case .directories: "allow-dir"
            }
        }
    }

    /// A flag that can't be given beside another one.
    public struct Exclusion: Sendable, Equatable {
        public let option: String
        public let other: String
        /// What the first one takes instead, for a person.
        public let expected: String

        public init(_ option: String, beside other: String, expected: String) {
            self.option = option
            self.other = other
            self.expected = expected
        }
    }

    /// Memory that a run takes on each worker.
    public struct Memory: Sendable {
        /// What it is, as a limit is named.
        public let name: String
        /// Bytes on one worker; `Int.max` where no Int holds them.
        public let bytes: @Sendable (Arguments) -> Int

        public init(_ name: String, bytes: @escaping @Sendable (Arguments) -> Int) {
            self.name = name
            self.bytes = bytes
        }
    }

    public init(
        _ name: String, summary: String, text: String, unit: String? = nil, rerun: Bool = true,
        runtime: String = RuntimeName.native, input: Input? = nil, permissions: [Permission] = [],
        options: [Option] = [], exclusions: [Exclusion] = [], memory: Memory? = nil, detail: Detail = Detail(),
        failures: [FailureKind] = [], examples: [String] = []
    ) {
        self.name = name
        self.summary = summary
        self.text = text
        self.unit = unit
        self.rerun = rerun
        self.runtime = runtime
        self.input = input
        self.permissions = permissions
        self.options = options
        self.exclusions = exclusions
        self.memory = memory
        self.detail = detail
        self.failures = failures
        self.examples = examples
    }

    /// Options that the client itself sees to, so that the daemon never hears of them.
    public var clientOptions: [Option] { (input?.clientOptions ?? []) + [Self.quiet] }

    private static let quiet = Option("quiet", .flag, letter: "q", "print no receipt")

    /// The option that is typed as `word`, by its name or by its letter, for the daemon or for the client.
    public func option(typed word: some StringProtocol) -> Option? {
        (options + clientOptions).first { "--\($0.name)" == word || $0.letter.map { "-\($0)" == word } == true }
    }
}

extension Definition: Equatable {
    /// Of one name and with the same options: the rest is text.
    public static func == (one: Definition, other: Definition) -> Bool {
        one.name == other.name && one.options == other.options && one.input == other.input
    }
}

extension Definition: CustomStringConvertible {
    public var description: String { name }
}

/// The runtimes that are built in.
public enum RuntimeName {
    /// This project's own code alone.
    public static let native = "native"
    /// With libcurl.
    public static let curl = "curl"
    /// With OpenBLAS.
    public static let blas = "blas"
    /// With a user's library, of which a runtime is made when a run names it.
    public static let plugin = "plugin"
    /// A Python interpreter of a user's, of which a runtime is made when a run names a module or a file of it.
    public static let python = "python"
    /// Those that every daemon has.
    public static let builtIns = [native, curl, blas]
    /// Those that are made for a user's own code.
    public static let users = [plugin, python]
}

/// What a task can be given: one or more words.
public enum Input: Sendable, CaseIterable {
    /// A program and its arguments.
    case command
    /// An address.
    case url
    /// An address, a body, which may be empty, and headers.
    case request
    /// One word, of any kind.
    case item
    /// Bytes of any kind, or nothing.
    case bytes
    /// A text that a Python function is called with, or nothing.
    case argument

    /// As the interface calls it, and as it is asked for.
    public var name: String {
        switch self {
        case .command: "command"
        case .url, .request: "url"
        case .item: "item"
        case .bytes, .argument: "bytes"
        }
    }

    /// Whether it comes as a part of a block of bytes.
    public var isBytes: Bool { self == .bytes || self == .argument }

    /// The one that the interface calls `name`; nil for one that this program doesn't know.
    public init?(named name: String) {
        guard let input = Input.allCases.first(where: { $0.name == name }) else { return nil }
        self = input
    }

    /// Whether its first word is an address.
    public var isAddress: Bool { self == .url || self == .request }

    /// What is typed behind a workload's name and options.
    public var operands: String {
        switch self {
        case .command: "[COMMAND [WORD...]] [::: ARGUMENT... | :::: FILE...]..."
        case .url: "[URL... | --from FILE | -]"
        case .request: "URL [BODY... | --from FILE | -]"
        case .item: "[ITEM... | --from FILE | -]"
        case .bytes: "LIBRARY:FUNCTION [INPUT... | ::: INPUT... | --from FILE | -]"
        case .argument: "FILE.py:FUNCTION | MODULE:FUNCTION [ITEM... | ::: ITEM... | --from FILE | -]"
        }
    }

    /// The options by which a client reads it and shows what came of it.
    public var clientOptions: [Option] {
        switch self {
        case .command: Self.commandOptions
        case .url: [.init("from", .path, in: 1...4096, "read URLs from this file, one a line; - for input")]
        case .item: [.init("from", .path, in: 1...4096, "read items from this file, one a line; - for input")]
        case .bytes: Self.bytesOptions
        case .argument: Self.argumentOptions
        case .request:
            [
                .init(
                    "header", .text, in: 1...8192,
                    "a header, as 'Name: value', or @ and a file of such lines; may be given several times"),
                .init("from", .path, in: 1...4096, "read bodies from this file, one a line; - for input"),
            ]
        }
    }

    private static let bytesOptions = [
        Option("from", .path, letter: "a", in: 1...4096, "read inputs from this file, one a line; - for input"),
        Option("null", .flag, letter: "0", "inputs that are read end with a NUL rather than with a line"),
        Option("tag", .flag, "begin each line with the input and a tab"),
        Option("output", .path, in: 1...4096, "put each result into a file of its own in this directory"),
    ]
    private static let argumentOptions = [
        Option("from", .path, letter: "a", in: 1...4096, "read items from this file, one a line; - for input"),
        Option("null", .flag, letter: "0", "items that are read end with a NUL rather than with a line"),
        Option("keep-order", .flag, letter: "k", "print what tasks print in the order of the items"),
        Option("tag", .flag, "begin each line with the item and a tab"),
        Option("joblog", .path, in: 1...4096, "write a line for each task that has ended into this file, anew"),
        Option("resume", .flag, "leave out the items that the joblog knows, and go on with it"),
        Option("resume-failed", .flag, "as --resume, but call again for those of them that failed"),
        Option("pickle", .path, in: 1...4096, "keep the results in this file, one pickle behind the other"),
        Option("output", .path, in: 1...4096, "put each result into a file of its own in this directory, as a pickle"),
    ]
}
