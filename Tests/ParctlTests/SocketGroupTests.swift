import Glibc
import Testing

@testable import parctl

@Suite struct SocketGroupTests {
    private let groups = "root:x:0:\npard:x:998:alice,bob\nlist:x:38:\nbroken\n"

    @Test func `the group is named as in the list of groups`() {
        #expect(SocketGroup(998, user: "carol", groups: groups).name == "pard")
        #expect(SocketGroup(998, user: "carol", groups: groups).advice.contains("usermod -aG pard"))
    }

    @Test func `a group that is not in the list is told by its number`() {
        #expect(SocketGroup(997, user: "carol", groups: groups).name == "997")
    }

    @Test func `who is in it by now has only to log in again`() {
        #expect(SocketGroup(998, user: "bob", groups: groups).hasUser)
        #expect(!SocketGroup(998, user: "bo", groups: groups).hasUser)
        #expect(!SocketGroup(998, user: nil, groups: groups).hasUser)
        #expect(!SocketGroup(998, user: "bob", groups: groups).advice.contains("usermod"))
    }

    @Test func `nobody is told to join root's group, or that of one user`() {
        let users = "root:x:0:0::/root:/bin/sh\nbob:x:1000:1000::/home/bob:/bin/sh\npard:x:998:998::/:/bin/false\n"
        #expect(!SocketGroup.isForOthers(0, owner: 0, users: users))
        #expect(!SocketGroup.isForOthers(1000, owner: 1000, users: users))
        #expect(SocketGroup.isForOthers(998, owner: 0, users: users))
        #expect(SocketGroup.isForOthers(998, owner: 1000, users: users))
    }

    @Test func `a socket whose group would not help names none`() {
        #expect(SocketGroup(of: "/nonexistent/pard.sock") == nil)
        // Not for its group to write.
        #expect(SocketGroup(of: "/etc/passwd") == nil)
    }
}
