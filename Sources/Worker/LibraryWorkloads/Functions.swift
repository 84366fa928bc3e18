import Bytes
import CPar
import Catalogue
import Glibc
import Ledger
import Workers
import Workloads

/// The functions of users' own libraries that one worker has called, with what their set-ups have left on it.
final class Functions {
    /// A function that the worker is ready for.
    private struct Function {
        let body: NativeFunction.Body
        let state: UnsafeMutableRawPointer?
        let teardown: Teardown?
    }

    private typealias Setup = @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>?) -> Int32
    private typealias Teardown = @convention(c) (UnsafeMutableRawPointer?) -> Void

    /// By what it was asked for as.
    private var known: [String: Function] = [:]

    deinit {
        for function in known.values { function.teardown?(function.state) }
    }

    /// Does a worker's part of a job of `native`.
    func work(_ loop: consuming TaskLoop, _ arguments: JobArguments) {
        do {
            let function = try function(arguments.text("function"))
            loop.call(
                try NativeFunction(function.body, state: function.state, arguments, seat: loop.seatNumber))
        } catch {
            loop.run(Unfit(failure: error))
        }
    }

    /// - Parameter name: the library's path, a colon and the function's name. The library is the one of the worker's runtime.
    private func function(_ name: String) throws(TaskFailure) -> Function {
        if let function = known[name] { return function }
        guard let colon = name.utf8.lastIndex(of: UInt8(ascii: ":")), case .success(let handle) = Plugin.library else {
            throw TaskFailure(NativeFailure.symbol, code: 0)
        }
        let library = handle.raw
        let symbol = String(name[name.utf8.index(after: colon)...])
        guard let body = dlsym(library, symbol.cBytes) else { throw TaskFailure(NativeFailure.symbol, code: 0) }
        var state: UnsafeMutableRawPointer?
        if let setup = dlsym(library, (symbol + "_setup").cBytes) {
            let code = unsafeBitCast(setup, to: Setup.self)(&state)
            if code != 0 { throw TaskFailure(.setUp, returned: code) }
        }
        let teardown = dlsym(library, (symbol + "_teardown").cBytes).map { unsafeBitCast($0, to: Teardown.self) }
        let function = Function(
            body: unsafeBitCast(body, to: NativeFunction.Body.self), state: state, teardown: teardown)
        known[name] = function
        return function
    }
}
