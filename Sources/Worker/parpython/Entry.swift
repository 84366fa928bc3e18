import Bytes
import CPython
import Glibc
import Ledger
import Linux
import Workers

// What the Python side calls, in this order: begin, report, then serve or refuse. All on the interpreter's first thread, which
// holds the GIL.

/// A place for what can't be copied.
private final class Start {
    var zygote: StartingZygote?
    var worker: WorkerProgram.Place?
}

// Used by the first thread only, until it serves.
nonisolated(unsafe) private let start = Start()

/// The Python side, as text.
@_cdecl("parpython_source")
public func parpythonSource() -> UnsafePointer<CChar>? { text(PackageResources.parpython_py) }

/// What workers do for the tasks of the package `pard`, as text.
@_cdecl("parpython_calls")
public func parpythonCalls() -> UnsafePointer<CChar>? { text(PackageResources.parcalls_py) }

private func text(_ bytes: [UInt8]) -> UnsafePointer<CChar> {
    let text = bytes + [0]
    let place = UnsafeMutablePointer<CChar>.allocate(capacity: text.count)
    for (index, byte) in text.enumerated() { place[index] = CChar(bitPattern: byte) }
    return UnsafePointer(place)
}

/// Takes over what pard has given this process.
///
/// - Parameters:
///   - words: the arguments behind the launcher's.
///   - skipped: set to how many of them stand before the runtime's.
/// - Returns: 0, or the code with which the process is to end.
@_cdecl("parpython_begin")
public func parpythonBegin(
    _ words: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int32, _ skipped: UnsafeMutablePointer<Int32>?
) -> Int32 {
    let words = (0..<Int(count)).compactMap { index in words?[index].map { String(cBytes: $0) } }
    do {
        if let missing = par_python_load() {
            complain("this Python lacks \(String(cString: missing)), or is none of the C implementation, 3.9 or later")
            return 1
        }
        for descriptor in 3...ZygoteProtocol.Inherited.guardian { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        start.worker = WorkerProgram.place(words)
        let rest = start.worker == nil ? words : Array(words.dropFirst(3))
        skipped?.pointee = Int32(words.count - (try ZygoteProgram.bind(rest)).count)
        if start.worker != nil { return 0 }
        ZygoteProgram.offerMemory()
        start.zygote = try StartingZygote()
        return start.zygote == nil ? 2 : 0
    } catch {
        complain("\(error)")
        return 1
    }
}

/// Tells the daemon what has been loaded: a `RuntimeReport`.
@_cdecl("parpython_report")
public func parpythonReport(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    do {
        try start.zygote?.report(Array(UnsafeBufferPointer(start: bytes, count: count)))
        return 0
    } catch {
        complain("\(error)")
        return 1
    }
}

/// Says why there can be no workers.
@_cdecl("parpython_refuse")
public func parpythonRefuse(_ reason: UnsafePointer<CChar>?) {
    let reason = reason.map { String(cString: $0) } ?? ""
    if start.worker != nil { WorkerProgram.giveUp(reason) }
    do {
        try start.zygote?.refuse(reason)
    } catch {
        complain("\(error)")
    }
}

/// How a warm interpreter runs scripts, as text.
@_cdecl("parpython_scripts")
public func parpythonScripts() -> UnsafePointer<CChar>? {
    let parts = [
        PackageResources.script_py, PackageResources.script_order_py, PackageResources.script_process_py,
        PackageResources.script_line_py, PackageResources.script_start_py, PackageResources.script_end_py,
        PackageResources.script_imports_py,
    ]
    return text(Array(parts.joined()))
}

/// Is the zygote or the worker until the daemon has no more use for it.
///
/// - Parameters:
///   - helper: the Python side's object for workers, which is there for good.
///   - socket: set, in a process that is to run a script, to where that will come: see ``Ledger/ZygoteProtocol/ScriptFile``.
/// - Returns: the code with which the process is to end; ``scriptCode`` where it is to run a script.
@_cdecl("parpython_serve")
public func parpythonServe(_ helper: UnsafeMutableRawPointer, _ socket: UnsafeMutablePointer<Int32>?) -> Int32 {
    PythonRuntime.helper = helper
    do {
        if let place = start.worker { try WorkerProgram.work(place, PythonRuntime.self) }
        guard let zygote = start.zygote.take() else { return 2 }
        PythonRuntime.rehearse()
        ThisProcess.setName("par-python")
        guard let came = try zygote.serve(PythonRuntime.self) else { return 0 }
        socket?.pointee = came
        return scriptCode
    } catch {
        complain("\(error)")
        return 1
    }
}

/// As `parpython.py` knows it.
private let scriptCode: Int32 = 1000

/// Prints an exception as the interpreter does one that nobody has caught, by what the script has for that.
@_cdecl("parpython_print")
public func parpythonPrint(_ exception: UnsafeMutableRawPointer) { par_python_print(exception) }

private func complain(_ message: String) {
    let line = Array("pard: a Python runtime: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
}
