import Glibc

/// The variables that this process was started with.
enum ProcessEnvironment {
    /// By name; the first of several of one name counts, as for getenv.
    static var variables: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let variable = next.pointee {
            let text = String(cString: variable)
            next += 1
            guard let sign = text.firstIndex(of: "=") else { continue }
            let name = String(text[..<sign])
            if variables[name] == nil { variables[name] = String(text[text.index(after: sign)...]) }
        }
        return variables
    }
}
