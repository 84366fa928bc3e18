import Varlink

/// A connection to a daemon, with the failures of this program.
struct Connection: ~Copyable {
    /// The socket's path.
    let path: String
    var client: Client

    init(to path: String) throws(Failure) {
        self.path = path
        do {
            client = try Client(connectingTo: path)
        } catch {
            throw Failure(error)
        }
    }

    /// Calls a method that has one reply, and waits for it.
    mutating func call<Answer: Decodable>(
        _ method: String, _ parameters: some Encodable, as: Answer.Type = Answer.self
    ) throws(Failure) -> Answer {
        do {
            return try client.call(method, parameters, as: Answer.self)
        } catch {
            throw Failure(error)
        }
    }

    /// Sends a call whose replies, as many as there are, ``next(as:)`` takes.
    mutating func start(_ method: String, _ parameters: some Encodable, more: Bool) throws(Failure) {
        do {
            try client.start(method, parameters, more: more)
        } catch {
            throw Failure(error)
        }
    }

    /// Waits for the next reply.
    mutating func next<Answer: Decodable>(as: Answer.Type = Answer.self) throws(Failure) -> Answer {
        do {
            return try client.next(as: Answer.self).reply
        } catch {
            throw Failure(error)
        }
    }

    /// Waits for the next reply, which `reader` may know how to read.
    mutating func next<Answer: Decodable>(reader: (_ frame: [UInt8]) -> Answer?) throws(Failure) -> Answer {
        do {
            return try client.next(reader: reader).reply
        } catch {
            throw Failure(error)
        }
    }
}
