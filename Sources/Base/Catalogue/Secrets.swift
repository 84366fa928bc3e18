/// What receipts, records, pages and messages leave out of what a run was given.
public enum Secrets {
    private static let mark = "***"

    /// `text` with `***` in place of user and password in each URL that stands in it.
    public static func hidden(in text: String) -> String {
        let scalars = text.unicodeScalars
        // Nearly no text has one, and looking for a sequence is slow.
        guard text.utf8.contains(UInt8(ascii: "@")), text.utf8.firstRange(of: "://".utf8) != nil else { return text }
        var shown = String.UnicodeScalarView()
        var rest = scalars[...]
        while let sign = rest.firstRange(of: "://".unicodeScalars) {
            shown += rest[..<sign.upperBound]
            rest = rest[sign.upperBound...]
            guard let end = end(ofUserIn: rest.prefix { !ends.contains($0) }) else { continue }
            shown += mark.unicodeScalars
            rest = rest[end...]
        }
        return String(shown + rest)
    }

    /// `address`, which may be none, in the same way, also where it lacks the `://`.
    public static func hidden(inAddress address: String) -> String {
        let shown = hidden(in: address)
        guard shown.utf8.firstRange(of: "://".utf8) == nil, let sign = shown.utf8.lastIndex(of: UInt8(ascii: "@"))
        else {
            return shown
        }
        return mark + shown[sign...]
    }

    /// What ends a URL in a line.
    private static let ends: Set<Unicode.Scalar> = [" ", "\t", "\n", "\r", "'", "\"", "<", ">"]

    /// The place of the `@` behind user and password in what follows a URL's `://`; nil where it has neither.
    private static func end(ofUserIn url: Substring.UnicodeScalarView) -> Substring.Index? {
        let authority = url.prefix { !["/", "?", "#"].contains($0) }
        if let sign = authority.lastIndex(of: "@") { return sign }
        // A password with a sign in it that should have been written as %2F or the like.
        let port = authority.first == "[" ? authority.drop { $0 != "]" }.dropFirst() : authority.drop { $0 != ":" }
        guard port.count > 1, !port.dropFirst().allSatisfy({ ("0"..."9").contains($0) }) else { return nil }
        return url.lastIndex(of: "@")
    }
}
