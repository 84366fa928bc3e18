/// An error that can be sent as a reply: one `error` of an interface description.
public protocol ErrorConvertible: Error {
    /// The full name, such as `org.example.Service.Busy`.
    var errorName: String { get }
    /// The members of the error; must encode as an object.
    var errorParameters: any Encodable { get }
}
