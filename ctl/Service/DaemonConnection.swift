import Linux
import Varlink

/// A connection to a daemon, with the failures of this program.
struct DaemonConnection: ~Copyable {
    /// The socket's path.
    let path: String
    var client: Client

    /// How long the daemon may take to answer what it can answer at once, and to take a connection.
    static let patience = Duration.seconds(10)

    /// - Parameter patience: how long connecting may take, and each call.
    init(to path: String, patience: Duration = DaemonConnection.patience) throws(CommandError) {
        self.path = path
        do {
            client = try Client(connectingTo: path, patience: patience)
        } catch {
            throw CommandError(error)
        }
    }

    /// Calls a method that has one reply, and waits for it.
    mutating func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable, as: Answer.Type = Answer.self
    ) throws(CommandError) -> Answer {
        do {
            return try client.call(method, parameters, as: Answer.self)
        } catch {
            throw CommandError(error)
        }
    }

    /// Calls a method that has one reply, and waits for it; its parameters are there as text already.
    mutating func call<Answer: Decodable>(
        _ method: String, text parameters: [UInt8], as: Answer.Type = Answer.self
    ) throws(CommandError) -> Answer {
        try start(method, text: parameters, more: false)
        return try next(as: Answer.self)
    }

    /// Calls a method that has no parameters, and passes over what its one reply holds.
    mutating func call(_ method: String) throws(CommandError) {
        do {
            try client.call(method)
        } catch {
            throw CommandError(error)
        }
    }

    /// Sends a call whose replies, as many as there are, ``next(as:)`` takes.
    mutating func start(_ method: String, _ parameters: some Encodable, more: Bool) throws(CommandError) {
        do {
            try client.start(method, parameters, more: more)
        } catch {
            throw CommandError(error)
        }
    }

    /// Sends a call whose parameters are there as text already, that of an object.
    mutating func start(_ method: String, text parameters: [UInt8], more: Bool) throws(CommandError) {
        do {
            try client.start(method, text: parameters, more: more)
        } catch {
            throw CommandError(error)
        }
    }

    /// Waits for the next reply.
    mutating func next<Answer: Decodable>(as: Answer.Type = Answer.self) throws(CommandError) -> Answer {
        do {
            return try client.next(as: Answer.self).reply
        } catch {
            throw CommandError(error)
        }
    }

    /// Takes a call that ``sendAvailable()`` will send; its parameters are there as text already, that of an object.
    ///
    /// - Parameter descriptors: what goes with it; to stay open until all is sent.
    mutating func begin(
        _ method: String, text parameters: [UInt8], more: Bool, descriptors: [Int32] = []
    ) throws(CommandError) {
        do {
            try client.begin(method, text: parameters, more: more, descriptors: descriptors)
        } catch {
            throw CommandError(error)
        }
    }

    /// How many descriptors are taken with a reply, and the first of those that came with the last one; nil where none did.
    mutating func acceptDescriptors(_ count: Int) { client.acceptedDescriptors = count }

    mutating func takeDescriptor() -> Descriptor? {
        var descriptors = client.takeDescriptors()
        return descriptors.take(at: 0)
    }

    /// Sends what there is room for, without waiting.
    mutating func sendAvailable() throws(CommandError) {
        do {
            try client.sendAvailable()
        } catch {
            throw CommandError(error)
        }
    }

    /// Takes what has come, without waiting.
    mutating func receiveAvailable() throws(CommandError) {
        do {
            try client.receiveAvailable()
        } catch {
            throw CommandError(error)
        }
    }

    /// Waits for the next reply, which `reader` and `text` may know how to read.
    mutating func next<Answer: Decodable>(
        reader: (_ frame: [UInt8]) -> Answer?, text: (_ parameters: [UInt8]) -> Answer?
    ) throws(CommandError) -> Answer {
        do {
            return try client.next(reader: reader, text: text).reply
        } catch {
            throw CommandError(error)
        }
    }
}
