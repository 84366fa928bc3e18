/// What an entry tells in many fields, worked out on the log's own thread: whoever logs passes on only what is known.
///
/// The description becomes the entry's message.
public protocol EntryDetails: CustomStringConvertible, Sendable {
    /// Fields by their whole names, such as `PARD_JOB`.
    var fields: [(name: String, value: String)] { get }
}
