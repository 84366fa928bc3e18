/// What receipts, records, pages and messages leave out of what a run was given.
public enum Secrets {
    private static let mark = "***"

    /// `text` with `***` in place of user and password in each URL that stands in it, and of the values in its query.
    public static func hidden(in text: String) -> String {
        // Nearly no text has one.
        guard
            text.utf8.contains(where: { $0 == UInt8(ascii: "@") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }
            ),
            text.schemeSign != nil
        else { return text }
        var shown = String.UnicodeScalarView()
        var rest = text.unicodeScalars[...]
        while let sign = Substring(rest).schemeSign {
            shown += rest[..<sign.upperBound]
            rest = rest[sign.upperBound...]
            var url = rest.prefix { !ends.contains($0) }
            rest = rest[url.endIndex...]
            if let end = end(ofUserIn: url) {
                shown += mark.unicodeScalars
                url = url[end...]
            }
            shown.append(contentsOf: withoutValues(url))
        }
        return String(shown + rest)
    }

    /// `address`, which may be none, in the same way, also where it lacks the `://`.
    public static func hidden(inAddress address: String) -> String {
        guard address.schemeSign == nil else { return hidden(in: address) }
        var rest = address.unicodeScalars[...]
        var shown = String.UnicodeScalarView()
        if let sign = rest.lastIndex(of: "@") {
            shown += mark.unicodeScalars
            rest = rest[sign...]
        }
        return String(shown + withoutValues(rest))
    }

    /// A URL with its query's names, and without its values: what stands behind each `=`, in the fragment, too, and a query that
    /// has no `=` at all.
    private static func withoutValues(_ url: Substring.UnicodeScalarView) -> String.UnicodeScalarView {
        let place = url.firstIndex { $0 == "?" || $0 == "#" } ?? url.endIndex
        var shown = String.UnicodeScalarView(url[..<place])
        var rest = url[place...]
        while let sign = rest.popFirst() {
            let part = rest.prefix { $0 != "#" }
            rest = rest[part.endIndex...]
            shown.append(sign)
            let isList = part.contains("=")
            for (index, piece) in part.split(separator: "&", omittingEmptySubsequences: false).enumerated() {
                if index > 0 { shown.append("&") }
                let equal = piece.firstIndex(of: "=").map { piece.index(after: $0) }
                let value = piece[(equal ?? piece.startIndex)...]
                shown.append(contentsOf: piece[..<value.startIndex])
                let isName = equal == nil && (isList || sign == "#")
                if isName || isPlace(value) {
                    shown.append(contentsOf: value)
                } else {
                    shown.append(contentsOf: mark.unicodeScalars)
                }
            }
        }
        return shown
    }

    /// Whether nothing stands there, or only a place that is filled for each task.
    private static func isPlace(_ value: Substring.UnicodeScalarView) -> Bool {
        value.isEmpty || (value.first == "{" && value.last == "}")
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

extension StringProtocol {
    /// Where the first `://` stands; nil where there is none. By bytes, which takes a fortieth of the standard library's search
    /// for a sequence.
    var schemeSign: Range<Index>? {
        var start = startIndex
        while let colon = utf8[start...].firstIndex(of: UInt8(ascii: ":")) {
            start = utf8.index(after: colon)
            let next = utf8[start...].prefix(2)
            if next.elementsEqual("//".utf8) { return colon..<next.endIndex }
        }
        return nil
    }
}
