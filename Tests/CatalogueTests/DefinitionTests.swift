import Testing

@testable import Catalogue

@Suite("Definitions")
struct DefinitionTests {
    @Test("have names of their own, and so do the options, columns and failures of each")
    func names() {
        #expect(Set(Catalogue.all.map(\.name)).count == Catalogue.all.count)
        for definition in Catalogue.all {
            let options = (definition.options + definition.clientOptions).map(\.name)
            #expect(Set(options).count == options.count, "\(definition.name)")
            #expect(Set(definition.detail.columns.map(\.key)).count == definition.detail.columns.count)
            let numbers = definition.failures.map(\.number)
            #expect(Set(numbers).count == numbers.count && !numbers.contains(0), "\(definition.name)")
        }
    }

    @Test("are found by name, and by their place in the table")
    func places() throws {
        for (place, definition) in Catalogue.all.enumerated() {
            #expect(Catalogue.number(of: definition.name) == place)
            #expect(Catalogue.definition(named: definition.name) == definition)
        }
        #expect(Catalogue.definition(named: "nap") == nil)
    }

    @Test("sum up columns that they have, over columns that they have")
    func summaries() {
        for definition in Catalogue.all {
            for column in definition.detail.columns {
                for key in column.summary?.over ?? [] {
                    #expect(definition.detail.place(of: key) != nil, "\(definition.name): \(key)")
                }
            }
        }
    }

    @Test("exclude options that they have")
    func exclusions() {
        for definition in Catalogue.all {
            for exclusion in definition.exclusions {
                let names = definition.options.map(\.name)
                #expect(names.contains(exclusion.option) && names.contains(exclusion.other))
            }
        }
    }

    @Test(
        "have words for each of their failures, completed by what its code is",
        arguments: [
            (.io, IOFailure.write.rawValue, 28, "writing the file: No space left on device"),
            (.cpu, CPUFailure.compute.rawValue, 0, "computing: the result is wrong"),
            (.exec, ExecFailure.exit.rawValue, 3, "the command ended with exit code 3"),
            (.exec, ExecFailure.timeout.rawValue, 0, "the command took longer than its timeout and was ended"),
            (.download, FetchFailure.status.rawValue, 404, "the server answered with status 404"),
            (.noop, 7, 2, "unknown failure 7, code 2"),
        ] as [(Definition, UInt16, Int32, String)])
    func failures(definition: Definition, number: UInt16, code: Int32, text: String) {
        #expect(definition.text(ofFailure: number, code: code) == text)
    }

    @Test("name the package of a library that is missing")
    func missing() {
        #expect(DotFailure.load.text.contains("libopenblas0"))
        #expect(FetchFailure.load.text.contains("libcurl4"))
    }
}
