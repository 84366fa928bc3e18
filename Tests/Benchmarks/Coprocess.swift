import Glibc
import Linux

/// A program that answers each line on its descriptor 3 with a line of numbers, see Peers/.
final class Coprocess {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let name: String
    private let pid: Int32
    private let questions: UnsafeMutablePointer<FILE>
    private let answers: UnsafeMutablePointer<FILE>

    /// - Parameter path: the program; arguments as given, the environment as here.
    init(_ name: String, path: String, arguments: [String] = []) throws {
        self.name = name
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemError("socketpair", .current)
        }
        defer { close(ends[1]) }
        pid = try Program(
            path: path, arguments: arguments, environment: .ofThisProcess, descriptors: [ends[1]]
        ).spawn()
        guard let questions = fdopen(ends[0], "w"), let answers = fdopen(fcntl(ends[0], F_DUPFD_CLOEXEC, 0), "r") else {
            throw SystemError("fdopen", .current)
        }
        self.questions = questions
        self.answers = answers
    }

    /// Asks for samples. None where the program says that it can't.
    func ask(_ words: String...) throws -> [Double] {
        try ask(words)
    }

    func ask(_ words: [String]) throws -> [Double] {
        fputs(words.joined(separator: "\t") + "\n", questions)
        fflush(questions)
        var line: UnsafeMutablePointer<CChar>?
        var room = 0
        defer { free(line) }
        guard getline(&line, &room, answers) > 0, let line else {
            throw Failure(description: "\(name) ended at: \(words.joined(separator: " "))")
        }
        return String(cString: line).split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
    }

    /// Hangs up and waits for the program's end.
    func end() {
        fclose(questions)
        fclose(answers)
        waitpid(pid, nil, 0)
    }
}

/// The environment of this program.
enum Environment {
    /// The first file of this name in PATH's directories; nil if there is none.
    static func find(_ program: String) -> String? {
        let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
        return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
    }

    /// The directory of this program, where its companions are.
    static var directory: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(String(cString: path).split(separator: "/").dropLast().reduce(into: "") { $0 += "/\($1)" })
    }
}
