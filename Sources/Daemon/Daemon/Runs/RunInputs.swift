import Bytes
import Catalogue
import Control
import Ledger

/// What tasks of `download` and `api` are given: checked, and completed by what their workers need.
enum WebInputs {
    /// - Parameters:
    ///   - inputs: a URL for each task of `download`; for one of `api` a URL, a body, which may be empty, and headers.
    ///   - output: the directory in which responses are kept; empty for nowhere.
    /// - Returns: each task's words. Where responses are kept, the name of its file comes last: of a download by its URL, of
    ///   what an API is asked the task's number, from 1.
    static func words(
        _ inputs: [[String]], of input: Input, output: String
    ) throws(ControlError) -> [[String]] {
        if let (url, fault) = WebAddress.fault(inAllOf: inputs.lazy.map { $0.first ?? "" }) {
            throw .badArgument(
                "inputs", value: String(Secrets.hidden(inAddress: url).prefix(200)), expected: "a URL; this \(fault)")
        }
        for words in inputs { try check(words, of: input) }
        guard !output.isEmpty else { return inputs }
        guard input == .url else {
            return inputs.enumerated().map { $1 + ($1.count < 2 ? [""] : []) + [String($0 + 1)] }
        }
        var names = FileNames()
        return inputs.map { words in words + [names.next(WebAddress.fileName(of: words[0]))] }
    }

    private static func check(_ words: [String], of input: Input) throws(ControlError) {
        guard input == .request || words.count == 1 else {
            throw .badArgument("inputs", value: "\(words.count) words", expected: "one URL for each task")
        }
        // What they hold is nobody else's, and errors may be kept.
        for (place, header) in words.dropFirst(2).enumerated() where !WebAddress.isHeader(header) {
            throw .badArgument("inputs", value: "header \(place + 1)", expected: "a header such as 'Name: value'")
        }
    }
}

/// Names that no other file of a run has: the first one gets the URL's own, further ones a number at the end.
private struct FileNames {
    private var taken: Set<String> = []
    /// The last number that was put at the end of each name. Without it, many URLs of one name would take quadratic time.
    private var numbers: [String: Int] = [:]

    mutating func next(_ own: String) -> String {
        var name = own
        while !taken.insert(name).inserted {
            let number = numbers[own, default: 0] + 1
            numbers[own] = number
            name = "\(own).\(number)"
        }
        return name
    }
}

extension InputBlock {
    /// The words that the first command begins with, as many as may be shown, and none for others where there are some.
    var shownWords: [[String]] {
        var words: [String] = []
        var length = 0
        for word in beginning(atMost: 1 << 18).split(separator: 0, omittingEmptySubsequences: false) {
            words.append(String(bytes: Array(word)))
            length += word.count + 1
            if length > InputText.maximumBytes { break }
        }
        if words.last == "" { words.removeLast() }
        return tasks > 1 ? [words, []] : [words]
    }
}

extension ControlError {
    /// Why a block of inputs is none.
    init(_ fault: InputBlock.Fault) {
        self =
            switch fault {
            case .outside(let task):
                .badArgument("block", value: "the part of task \(task)", expected: "parts that are within the block")
            case .table:
                .badArgument(
                    "block.table", value: "where it is",
                    expected: "a multiple of 8, with 16 bytes for each task behind it")
            case .shrunk: .badArgument("block.descriptor", value: "a file", expected: "one that stays as long as it is")
            case .words(let task):
                .badArgument(
                    "block", value: "the part of task \(task)",
                    expected: "a command and its arguments, each with a NUL behind it")
            case .system(let error):
                .badArgument("block.descriptor", value: "a file", expected: "one that can be read: \(error)")
            }
    }
}

/// What tasks are given, for people.
enum InputText {
    /// How much of it is shown, in bytes.
    fileprivate static let maximumBytes = 120

    /// What the first task is given, as it would be typed but for users and passwords in URLs, and `…` where it is cut or others are given something else; nil
    /// where tasks are given nothing.
    static func text(of inputs: [[String]]) -> String? {
        guard let first = inputs.first else { return nil }
        var text = ""
        for word in first where !word.isEmpty || first.count == 1 {
            text += (text.isEmpty ? "" : " ") + ShellWord.quoted(Secrets.hidden(in: word))
            // A task may be given a document.
            if text.utf8.count > maximumBytes { break }
        }
        let isCut = text.utf8.count > maximumBytes
        if isCut {
            while text.utf8.count > maximumBytes { text.removeLast() }
        }
        let isSame = !isCut && inputs.dropFirst().allSatisfy { $0 == first }
        return text + (isSame ? "" : isCut ? "…" : " …")
    }
}
