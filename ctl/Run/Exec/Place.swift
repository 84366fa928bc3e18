/// What stands in a command for something that each task has of its own: GNU parallel's replacement strings.
///
/// | place | what stands there, for `dir/file.txt` |
/// | --- | --- |
/// | `{}` `{0}` | `dir/file.txt` |
/// | `{.}` | `dir/file`, without the last extension |
/// | `{/}` | `file.txt`, the last part |
/// | `{//}` | `dir`; `.` where there is none |
/// | `{/.}` | `file`, the last part without the last extension |
/// | `{#}` | the number of the command, from 1 |
/// | `{%}` | the number of the place it runs in, from 1 |
/// | `{##}` | how many commands there are |
/// | `{2}` `{2.}` `{-1/}` | the same of one argument, from the first or from the last |
/// | `{name}` `{name.}` | the same of the argument below that heading (`--header :`) |
enum Place: Equatable {
    /// All arguments, each changed.
    case all(PathChange)
    /// One of them: from 1, or from -1 for the last one.
    case one(Int, PathChange)
    case number, slot, total
    /// With zeros in front, so that all are of one length.
    case paddedNumber, paddedSlot

}

/// How places are read.
struct PlaceReader {
    /// What stands for `{}` (`-I`).
    var whole = Array("{}".utf8)
    /// Whether there are those of `--plus`.
    var hasMore = false
    /// The headings of the arguments; nil without a line of them.
    var names: [[UInt8]]?

    /// What a text begins with.
    enum Found: Equatable {
        case place(Place, length: Int)
        /// It looks like a place, and can't be one: why.
        case fault(String)
        case text
    }

    static let perlFault = "{= =} is Perl, which is not run here: have a shell do it, as in 'x={}; echo ${x%.*}'"

    /// - Parameter before: the byte in front of `text`, if any.
    func place(at text: ArraySlice<UInt8>, after before: UInt8?) -> Found {
        if !whole.isEmpty, text.starts(with: whole) { return .place(.all(.none), length: whole.count) }
        guard text.first == UInt8(ascii: "{") else { return .text }
        if text.dropFirst().first == UInt8(ascii: "="), Self.hasPerl(text) {
            return .fault(Self.perlFault)
        }
        guard let end = text.firstIndex(of: UInt8(ascii: "}")) else { return .text }
        let inner = text[(text.startIndex + 1)..<end]
        let length = inner.count + 2
        if inner.isEmpty { return .text }
        if let place = simple(inner) ?? named(inner) { return .place(place, length: length) }
        // Of a shell's variable, as in ${host} and ${#list}.
        if before == UInt8(ascii: "$") { return .text }
        let spelled = "{" + String(decoding: inner, as: UTF8.self) + "}"
        if Self.foreign.contains(spelled) {
            return .fault("\(spelled) is not known here: see the table in 'man parctl'")
        }
        // What stands in quotes or behind an address is awk's or sed's.
        let isAnothers = before.map { "'\"/)".utf8.contains($0) } ?? false
        if names != nil, Self.isName(inner), !isAnothers {
            return .fault("there is no column \(spelled): the headings are \(headings)")
        }
        guard hasMore || !Self.isOther(inner) else { return .text }
        guard let place = more(inner) else {
            guard hasMore, Self.isPattern(inner) else { return .text }
            return .fault(
                "\(spelled) has a pattern, and only plain text is changed here: have a shell do it, as in 'x={}; echo ${x%.*}'"
            )
        }
        return hasMore ? .place(place, length: length) : .fault("\(spelled) is a place of --plus: add that option")
    }

    private var headings: String {
        (names ?? []).map { "{" + String(decoding: $0, as: UTF8.self) + "}" }.joined(separator: ", ")
    }

    private static func hasPerl(_ text: ArraySlice<UInt8>) -> Bool {
        text.indices.dropFirst(2).contains { text[$0] == UInt8(ascii: "}") && text[$0 - 1] == UInt8(ascii: "=") }
    }

    /// Whether braces of other programs hold this: words that a shell makes (`{,x}`), how often something comes (`{1,2}`), a part of a
    /// list (`{1:2}`), a format (`{%n,%s}`), what awk does (`{/a/ && b}`).
    private static func isOther(_ inner: ArraySlice<UInt8>) -> Bool {
        if inner.first == UInt8(ascii: ",") || inner.contains(0x20) { return true }
        if let (_, rest) = position(inner), let next = rest.first {
            return next == UInt8(ascii: ",") || next == UInt8(ascii: ":")
        }
        guard inner.first == UInt8(ascii: "%") else { return false }
        let format = inner.drop { $0 == UInt8(ascii: "%") }
        guard let letter = format.first, (0x61...0x7A).contains(letter | 0x20) else { return false }
        return format.count == 1 || format.contains { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: ",") }
    }

    /// Whether it changes what matches a pattern, as in `{%.*}` and `{/[0-9]+/N}`.
    private static func isPattern(_ inner: ArraySlice<UInt8>) -> Bool {
        let change = position(inner).map { $0.1 } ?? inner
        return change.count > 1 && change.first.map { "%#/^".utf8.contains($0) } ?? false
    }

    /// What GNU parallel has and this program does not.
    private static let foreign: Set<String> = [
        "{choose_k}", "{uniq}", "{slot}", "{host}", "{sshlogin}", "{hgrp}", "{agrp}",
    ]

    private static func isName(_ text: ArraySlice<UInt8>) -> Bool {
        ShellText.isAssignment(text + Array("=".utf8))
    }

    private func simple(_ inner: ArraySlice<UInt8>) -> Place? {
        switch String(decoding: inner, as: UTF8.self) {
        case "#": return .number
        case "%": return .slot
        case "##": return .total
        default: break
        }
        if let change = PathChange(usual: inner) { return .all(change) }
        // None of them is all of them.
        if inner.first == UInt8(ascii: "0"), let change = change(inner.dropFirst()) { return .all(change) }
        guard let (position, rest) = Self.position(inner) else { return nil }
        return change(rest).map { .one(position, $0) }
    }

    private func named(_ inner: ArraySlice<UInt8>) -> Place? {
        for (index, name) in (names ?? []).enumerated() where inner.starts(with: name) && !name.isEmpty {
            if let change = change(inner.dropFirst(name.count)) { return .one(index + 1, change) }
        }
        return nil
    }

    /// A change that stands behind a position or a name, which may be none.
    private func change(_ text: ArraySlice<UInt8>) -> PathChange? {
        if text.isEmpty { return PathChange.none }
        return PathChange(usual: text) ?? (hasMore ? PathChange(more: text) : nil)
    }

    private func more(_ inner: ArraySlice<UInt8>) -> Place? {
        switch String(decoding: inner, as: UTF8.self) {
        case "0#": return .paddedNumber
        case "0%": return .paddedSlot
        default: break
        }
        if let (position, rest) = Self.position(inner) { return PathChange(more: rest).map { .one(position, $0) } }
        return PathChange(more: inner).map { .all($0) }
    }

    /// A number at the beginning, of which 0 is none.
    private static func position(_ text: ArraySlice<UInt8>) -> (Int, ArraySlice<UInt8>)? {
        let isNegative = text.first == UInt8(ascii: "-")
        let digits = text.dropFirst(isNegative ? 1 : 0).prefix { ($0 >= 0x30) && ($0 <= 0x39) }
        guard let number = Int(String(decoding: digits, as: UTF8.self)), number > 0, number < 1 << 20 else {
            return nil
        }
        return (isNegative ? -number : number, text[digits.endIndex...])
    }
}
