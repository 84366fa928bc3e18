import ArgumentParser
import Catalogue
import Control

extension Halt {
    /// Reads `now,fail=N` or `soon,fail=N`, as GNU parallel has it.
    static func option(_ text: String) throws -> Halt {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == 2, ["now", "soon"].contains(parts[0]), parts[1].hasPrefix("fail="),
            let failures = Quantity.count(String(parts[1].dropFirst("fail=".count))), failures > 0
        else { throw ValidationError("it takes 'now,fail=N' or 'soon,fail=N', with N of 1 or more.") }
        return Halt(failures: failures, now: parts[0] == "now")
    }
}
