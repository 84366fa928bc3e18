import Catalogue

/// What tasks are given, for people.
enum InputText {
    /// How much of it is shown, in bytes.
    private static let most = 120

    /// What the first task is given, as it would be typed, and `…` where it is cut or others are given something else; nil
    /// where tasks are given nothing.
    static func text(of inputs: [[String]]) -> String? {
        guard let first = inputs.first else { return nil }
        var text = ""
        for word in first where !word.isEmpty || first.count == 1 {
            text += (text.isEmpty ? "" : " ") + ShellWord.quoted(word)
            // A task may be given a document.
            if text.utf8.count > most { break }
        }
        let isCut = text.utf8.count > most
        if isCut {
            while text.utf8.count > most { text.removeLast() }
        }
        let isSame = !isCut && inputs.dropFirst().allSatisfy { $0 == first }
        return text + (isSame ? "" : isCut ? "…" : " …")
    }
}
