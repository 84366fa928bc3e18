import Testing

@testable import parctl

@Suite struct SuggestionTests {
    @Test(arguments: [
        ("benchmark", "did you mean 'parctl bench'?"), ("hyperfine", "did you mean 'parctl bench'?"),
        ("parallel", "did you mean 'parctl run exec'?"), ("xargs", "did you mean 'parctl run exec'?"),
        ("runn", "did you mean 'parctl run'?"), ("pool", "did you mean 'parctl pools'?"),
        ("hist", "did you mean 'parctl history'?"), ("comapre", "did you mean 'parctl compare'?"),
        ("exec", "it is a workload, which 'parctl run exec' runs"), ("kill", "did you mean 'parctl cancel'?"),
        ("dowmload", "did you mean 'parctl run download'?"),
        ("zzz", "there are run, python, compare, bench, advise, ping"),
    ])
    func `a word that is no command is answered with the one that may be meant`(word: String, answer: String) {
        #expect(CommandName.unknown(word).hasPrefix("there is no command '\(word)'"))
        #expect(CommandName.unknown(word).contains(answer))
    }

    @Test(arguments: [
        ["run", "noop"], ["--socket", "/s", "pools"], ["--help"], ["help", "run"], [], ["---completion", "run"],
    ])
    func `commands and requests for help are let through`(words: [String]) throws {
        try CommandName.check(words)
    }

    @Test func `a command behind options is looked at, too`() {
        #expect(throws: CommandError.self) { try CommandName.check(["--socket", "/s", "benchmark", "cpu"]) }
    }

    private func complaint(_ command: String, _ words: String...) -> String? {
        do {
            _ = try CommandWords.read(words, command: command, options: CompareCommand.options)
            return nil
        } catch {
            guard case .usage(let text, _) = error else { return nil }
            return text
        }
    }

    @Test func `options of hyperfine, GNU parallel and xargs are answered with what does the same here`() {
        #expect(
            complaint("compare", "cpu", "--warmup", "3")?.contains("is run once before the first round anyway") == true)
        #expect(complaint("compare", "cpu", "--min-runs", "3")?.contains("use --runs for the number of rounds") == true)
        #expect(complaint("compare", "cpu", "--export-json", "x")?.contains("use '--json > FILE'") == true)
        #expect(complaint("compare", "cpu", "--max-procs", "3")?.contains("--workers 2,4") == true)
        #expect(complaint("compare", "cpu", "-j4")?.contains("--workers 2,4") == true)
        #expect(complaint("run", "cpu", "-P4")?.contains("--threads or --processes") == true)
        #expect(complaint("run", "cpu", "-n", "4")?.contains("--tasks") == true)
        #expect(complaint("run", "cpu", "--warmup", "1")?.contains("--cold") == true)
    }

    @Test func `letters of a comparison may have their values in the same word`() {
        #expect(
            CommandWords.splittingLetters(["compare", "cpu", "-r6", "--workers", "2"])
                == ["compare", "cpu", "-r", "6", "--workers", "2"])
        #expect(
            CommandWords.splittingLetters(["compare", "exec", "-I{}", "-r=6", "echo", "-r6", ":::", "a"])
                == ["compare", "exec", "-I", "{}", "-r", "6", "echo", "-r6", ":::", "a"])
        #expect(CommandWords.splittingLetters(["run", "exec", "-r6"]) == ["run", "exec", "-r6"])
    }

    @Test func `options of a comparison behind the mark of arguments are noticed`() {
        #expect(
            CompareCommand.optionsBehindMark(["ls", ":::", "a", "--workers", "2", "-r", "3"]) == ["--workers", "-r"])
        #expect(CompareCommand.optionsBehindMark(["ls", "--workers", ":::", "a", "--all"]) == [])
        #expect(CompareCommand.optionsBehindMark(["ls", "--workers"]) == [])
    }
}
