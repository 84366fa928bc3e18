import Control

/// When a run begins no further commands: the forms of GNU parallel's `--halt`.
struct Halts: Equatable {
    enum Kind: String {
        case fail, success, done
    }

    enum Amount: Equatable {
        case count(Int)
        /// Hundredths of all commands.
        case percent(Int)
    }

    let isNow: Bool
    let kind: Kind
    let amount: Amount

    /// What a form says: `now` or `soon`, and of what how much; or a number of old; nil within where nothing halts the run, and
    /// nil for what is no such form.
    static func read(_ text: String) -> Halts?? {
        let old = [
            "0": "never", "1": "soon,fail=1", "2": "now,fail=1", "-1": "soon,success=1", "-2": "now,success=1",
        ]
        var text = old[text] ?? text
        if text == "never" { return .some(nil) }
        if text.hasSuffix("%"), Int(text.dropLast()) != nil { text = "soon,fail=" + text }
        let parts = text.split(whereSeparator: { $0 == "," || $0 == "=" }).map(String.init)
        guard parts.count == 3, parts[0] == "now" || parts[0] == "soon", let kind = Kind(rawValue: parts[1]) else {
            return nil
        }
        let isPercent = parts[2].hasSuffix("%")
        guard let number = Int(isPercent ? parts[2].dropLast() : parts[2][...]), number >= 1,
            !isPercent || number <= 100
        else { return nil }
        return Halts(isNow: parts[0] == "now", kind: kind, amount: isPercent ? .percent(number) : .count(number))
    }

    /// The one that the daemon sees to by itself.
    static func plain(_ text: String) -> Halt? {
        guard case .some(.some(let halts)) = read(text) else { return nil }
        return halts.plain
    }

    var plain: Halt? {
        guard kind == .fail, case .count(let count) = amount else { return nil }
        return Halt(failures: count, now: isNow)
    }

    /// Whether so many commands are enough, of which there are `total` as far as is known.
    func isReached(failed: Int, succeeded: Int, total: Int) -> Bool {
        let number =
            switch kind {
            case .fail: failed
            case .success: succeeded
            case .done: failed + succeeded
            }
        switch amount {
        case .count(let count): return number >= count
        case .percent(let percent): return number * 100 >= percent * max(total, 1)
        }
    }

    /// The exit status of a run that was halted by so many, or had them at its end; nil where it is that of the command which
    /// halted it.
    func status(failed: Int, total: Int, isReached: Bool) -> Int32? {
        if isReached, kind == .success { return 0 }
        switch amount {
        // A percentage that is one command is that one's, as there.
        case .percent(let percent) where isReached && percent * total == 100: return nil
        case .percent: return Int32((Double(failed) / Double(max(total, 1)) * 100).rounded(.up))
        case .count(1) where isReached: return nil
        case .count: return Int32(min(failed, Int(ExecStatus.many)))
        }
    }

    static let expected =
        "now or soon, and fail=, success= or done= with a number or a percentage, as in 'soon,fail=20%'"
}
