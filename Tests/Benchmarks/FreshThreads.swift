import Linux
import NIOPosix
import Pools

/// N threads from the first asked for to the last one up.
enum FreshThreads {
    static func rows(_ bench: Bench) -> [Row] {
        [1, 4, 8, 64].map { threads in
            let count = bench.samples(threads > 8 ? 6 : 20)
            let raw = Contestant("pthread_create") { try bench.limits.ask("threads", "\(count)", "\(threads)") }
            return Row(
                "5 fresh threads: \(threads)",
                targets: [.atMost(1.2, times: raw.name), .atMost(1, times: NIOPool.title)],
                [
                    FreshProcesses.pool(bench, .threads, threads, .fresh, count: count), raw,
                    Contestant(NIOPool.title) { (0..<count).map { _ in nio(threads) } },
                    bench.python("ThreadPoolExecutor") { try $0.ask("start", "1", "thread", "\(threads)") },
                ])
        }
    }

    /// `start` returns when all threads are up.
    private static func nio(_ threads: Int) -> Double {
        rest(nanoseconds: FreshProcesses.pause)
        let pool = NIOThreadPool(numberOfThreads: threads)
        let start = Monotonic.now()
        pool.start()
        let took = Double(Monotonic.now() - start)
        let gone = Answer<Void>()
        pool.shutdownGracefully { _ in gone.give(()) }
        gone.wait()
        return took
    }
}
