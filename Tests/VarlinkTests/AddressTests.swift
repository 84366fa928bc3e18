import Glibc
import Linux
import Testing

@testable import Varlink

@Suite("The address of a Unix socket")
struct AddressTests {
    /// A listening socket whose name the kernel has chosen.
    private func listener() throws -> StreamSocket {
        let socket = try StreamSocket()
        var address = sockaddr()
        address.sa_family = sa_family_t(AF_UNIX)
        try #require(bind(socket.descriptor, &address, socklen_t(MemoryLayout<sa_family_t>.size)) == 0)
        try #require(listen(socket.descriptor, 1) == 0)
        return socket
    }

    @Test("in the abstract namespace begins with @, and can be connected to by that")
    func abstract() throws {
        let listener = try listener()
        let name = try #require(UnixAddress.path(of: listener.descriptor))
        #expect(name.first == "@" && name.utf8.count == 6)
        _ = try Client(connectingTo: name)
        for other in [name + "0", String(name.dropLast())] {
            let error = #expect(throws: ClientError.self) { _ = try Client(connectingTo: other) }
            guard case .unreachable(other, ECONNREFUSED) = error else {
                Issue.record("\(String(describing: error))")
                return
            }
        }
    }

    @Test("is none where the socket is bound to nothing")
    func unbound() throws {
        let socket = try StreamSocket()
        #expect(UnixAddress.path(of: socket.descriptor) == nil)
    }

    @Test("may fill its room, and no more")
    func room() {
        #expect(UnixAddress(String(repeating: "a", count: 107)) != nil)
        #expect(UnixAddress(String(repeating: "a", count: 108)) == nil)
        #expect(UnixAddress(connectingTo: "@" + String(repeating: "a", count: 106)) != nil)
        #expect(UnixAddress(connectingTo: "@" + String(repeating: "a", count: 107)) == nil)
        #expect(UnixAddress(connectingTo: "") == nil)
    }
}
