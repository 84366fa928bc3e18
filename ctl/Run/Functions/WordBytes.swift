import Glibc

/// What was typed, byte by byte: words that aren't UTF-8 come to this program's parsers with other characters in their place.
struct WordBytes {
    /// The bytes of words with such a character, by how they read, in the order in which they were typed.
    private var repaired: [String: [[UInt8]]] = [:]

    /// Of this process's own command line.
    static var own: WordBytes {
        WordBytes(
            (0..<Int(CommandLine.argc)).compactMap { place in
                CommandLine.unsafeArgv[place].map { word in
                    Array(UnsafeRawBufferPointer(start: word, count: strlen(word)))
                }
            })
    }

    init(_ words: [[UInt8]]) {
        for word in words {
            let text = String(decoding: word, as: UTF8.self)
            if text.unicodeScalars.contains("\u{fffd}") { repaired[text, default: []].append(word) }
        }
    }

    /// The bytes of the next word that reads as `text`. To be asked for words in the order in which they were typed.
    mutating func next(_ text: String) -> [UInt8] {
        guard var words = repaired[text], !words.isEmpty else { return Array(text.utf8) }
        defer { repaired[text] = words }
        return words.removeFirst()
    }
}
