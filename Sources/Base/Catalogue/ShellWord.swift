/// A word as a POSIX shell takes it for one.
public enum ShellWord {
    private static let plain = Set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,".unicodeScalars)

    /// `word`, quoted where it has to be.
    public static func quoted(_ word: String) -> String {
        if !word.isEmpty, word.unicodeScalars.allSatisfy(plain.contains) { return word }
        // By scalars, as a shell ends a quotation at every ', whatever mark comes behind it.
        var text = "'".unicodeScalars
        for scalar in word.unicodeScalars {
            if scalar == "'" { text += "'\\''".unicodeScalars } else { text.append(scalar) }
        }
        text.append("'")
        return String(text)
    }
}
