import Bytes
import CLibraries
import Glibc
import Linux
import Workers

/// A shared library of a user's: the code that workers of a `plugin` runtime run.
///
/// As a rule the zygote has it loaded, and workers find it there. One that starts threads as it is loaded is loaded by each
/// worker, as threads don't survive a fork.
public enum Plugin {
    // Set by `prepare`, while the process has one thread.
    private nonisolated(unsafe) static var path = ""
    private nonisolated(unsafe) static var loaded: UnsafeMutableRawPointer?

    /// The library, or why this worker has none. Not to be asked for in a zygote.
    public static let library: Result<Handle, RuntimeFault> = Result { () throws(RuntimeFault) in
        if let loaded { return Handle(raw: loaded) }
        if path.isEmpty { throw RuntimeFault("this worker's runtime is no plug-in") }
        return Handle(raw: try LibraryLoading.open(path))
    }

    /// A loaded library, as dlopen(3) returned it, for dlsym(3). It stays loaded for as long as the process lives.
    public struct Handle: @unchecked Sendable {
        // The dynamic linker's functions may be called with it on any thread.
        public let raw: UnsafeMutableRawPointer
    }

    /// Loads the library in a zygote, or finds out that workers can.
    ///
    /// - Parameter arguments: where it is, and the identity that the daemon has found it with.
    static func prepare(_ arguments: [String]) throws(RuntimeFault) {
        guard arguments.count == 2 else { throw RuntimeFault("a plug-in has a path and an identity") }
        path = arguments[0]
        // What the library opens by a relative name is not to depend on where somebody has started the daemon.
        _ = chdir("/")
        try check(arguments[1])
        let hasThreads = try LibraryLoading.startsThreads(path)
        if !hasThreads { loaded = try LibraryLoading.open(path) }
        // It may have been written meanwhile.
        try check(arguments[1])
    }

    private static func check(_ identity: String) throws(RuntimeFault) {
        do {
            if try FileIdentity(at: path).description == identity { return }
        } catch {
            throw RuntimeFault("\(error)")
        }
        throw RuntimeFault("\(path) has changed while it was being loaded")
    }
}

/// Loading shared libraries, with the dynamic linker's reasons.
enum LibraryLoading {
    /// Loads a library for good.
    static func open(_ file: String) throws(RuntimeFault) -> UnsafeMutableRawPointer {
        var error = [CChar](repeating: 0, count: Int(PAR_LOAD_ERROR_SIZE))
        guard let library = par_library_open(file.cBytes, &error, error.count) else { throw fault(error) }
        return library
    }

    /// Loads a library in a process of its own, to see that it can be.
    ///
    /// - Returns: whether that starts threads, so that a zygote can't load it.
    static func startsThreads(_ file: String) throws(RuntimeFault) -> Bool {
        var error = [CChar](repeating: 0, count: Int(PAR_LOAD_ERROR_SIZE))
        let found = par_library_try(file.cBytes, &error, error.count)
        if found < 0 { throw fault(error) }
        return found > 0
    }

    private static func fault(_ error: [CChar]) -> RuntimeFault {
        RuntimeFault(String(bytes: error.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))))
    }
}
