import Testing
import Workloads

@Suite("What a task tells of what it has printed")
struct PrintedTests {
    @Test("is taken for places that can be, whatever foreign code has written")
    func bounds() throws {
        let wild = try #require(PrintedDetail([.max, .min, .max, -1]))
        #expect(wild.output.offset + wild.output.count == 2 << 50)
        #expect(wild.errors == CommandDetail.Span())
        let own = try #require(PrintedDetail([3, 4, 5, 6]))
        #expect(own.output == CommandDetail.Span(offset: 5, count: 3))
        #expect(own.errors == CommandDetail.Span(offset: 6, count: 4))
        #expect(PrintedDetail([]) == nil && PrintedDetail([1, 2, 3]) == nil)
    }
}

@Suite("What Python functions run with")
struct PythonSettingsTests {
    @Test("is as many threads of numerical libraries as there are processors for each worker, unless the caller says")
    func threads() {
        let own = PythonSettings.environment(["OMP_NUM_THREADS=7", "A=1"], processors: 8, workers: 3)
        #expect(own.prefix(2) == ["OMP_NUM_THREADS=7", "A=1"])
        #expect(own.dropFirst(2) == ["OPENBLAS_NUM_THREADS=2", "MKL_NUM_THREADS=2", "BLIS_NUM_THREADS=2"])
        #expect(PythonSettings.environment([], processors: 2, workers: 8).allSatisfy { $0.hasSuffix("=1") })
    }
}
