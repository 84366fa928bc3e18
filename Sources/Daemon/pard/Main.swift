import Glibc
import Linux

/// The program. Its first thread only waits, with the signals blocked that ``Stop`` takes, as all others have from it.
@main
enum Main {
    static func main() {
        do {
            try Stop.awaitSignals()
            try tryThreads()
        } catch {
            Stop.complain(
                "there are too few threads: \(error); see 'ulimit -u', or LimitNPROC and TasksMax of a service")
            ThisProcess.leave(EXIT_FAILURE)
        }
        Task.detached {
            // By its words as they were given: a path need not be UTF-8.
            await Pard.main(Array(ThisProcess.arguments.dropFirst()))
            exit(EXIT_SUCCESS)
        }
        while true { pause() }
    }

    /// About as many as a daemon has, with its processes, before it has run anything.
    private static let leastThreads = 20

    /// Starts as many threads as are needed, and has them end. Where they can't be had, an executor would wait for them, and nobody hear
    /// why.
    private static func tryThreads() throws(SystemError) {
        let gate = try Pipe()
        let reader = gate.reader.raw
        var threads: [SystemThread] = []
        var fault: SystemError?
        while threads.count < leastThreads, fault == nil {
            do throws(SystemError) {
                threads.append(
                    try SystemThread(named: "par-trial") {
                        var state = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
                        poll(&state, 1, -1)
                    })
            } catch {
                fault = error
            }
        }
        var byte: UInt8 = 0
        write(gate.writer.raw, &byte, 1)
        for thread in threads { thread.join() }
        if let fault { throw fault }
    }
}
