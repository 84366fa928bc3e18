import Glibc
import SystemPackage

/// A thread of the system's, outside any executor: for code that blocks, and for children that die with their parent.
public struct SystemThread: Sendable {
    private final class Start: Sendable {
        let name: String
        let body: @Sendable () -> Void

        init(name: String, body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    private static let entry: @convention(c) @Sendable (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
        start in
        guard let start else { return nil }
        let taken = Unmanaged<Start>.fromOpaque(start).takeRetainedValue()
        ThisProcess.setName(taken.name)
        taken.body()
        return nil
    }

    private let thread: pthread_t

    /// Starts a thread. Its name is shown in at most 15 bytes.
    public init(named name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var thread = pthread_t()
        let start = Unmanaged.passRetained(Start(name: name, body: body))
        let code = pthread_create(&thread, nil, Self.entry, start.toOpaque())
        if code != 0 {
            start.release()
            throw SystemError("pthread_create", Errno(rawValue: code))
        }
        self.thread = thread
    }

    /// Waits until the thread has ended. To be called once.
    public func join() {
        pthread_join(thread, nil)
    }
}
