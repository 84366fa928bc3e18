/// Text for HTML and SVG.
enum Markup {
    /// What drawings and pages are spelled in.
    static let style = TextStyle(color: false, unicode: true, width: 100)

    /// `text` so that no browser takes any of it for markup, in an element or in a quoted attribute; without control
    /// characters, which XML can't hold.
    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in style.clean(text).unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            case "\u{FFFE}", "\u{FFFF}": escaped += "?"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }

    /// A share of 0…1 as a percentage that SVG takes for a length.
    static func percent(_ share: Double) -> String {
        Units.fixed(share * 100, decimals: 3) + "%"
    }
}
