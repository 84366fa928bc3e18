/// What somebody who typed a wrong word may have meant.
enum Suggestion {
    /// The one of `words` that is at most two letters away from `word`, and less than half of it; nil if there is none.
    static func nearest(to word: String, in words: [String]) -> String? {
        let near = words.map { (word: $0, distance: distance(word, $0)) }.min { $0.distance < $1.distance }
        guard let near, near.distance <= 2, near.distance * 2 < near.word.count else { return nil }
        return near.word
    }

    /// How many letters must be put in, left out or exchanged to make one word the other (Levenshtein).
    static func distance(_ one: String, _ other: String) -> Int {
        let other = Array(other)
        var row = Array(0...other.count)
        for (i, letter) in one.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, otherLetter) in other.enumerated() {
                let exchanged = diagonal + (letter == otherLetter ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(exchanged, diagonal + 1, row[j] + 1)
            }
        }
        return row[other.count]
    }
}
