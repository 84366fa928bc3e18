import Control
import VarlinkServer

/// Who may do what, by the credentials that the kernel noted when the connection was made.
struct Access: Sendable {
    /// Whether all users are served whom the socket lets in, rather than the daemon's own.
    let isShared: Bool
    /// The daemon's own user.
    let owner: UInt32

    private static let root: UInt32 = 0

    /// Whether the peer is served at all.
    func admit(_ peer: Peer) throws(ControlError) {
        if isShared || peer.uid == owner { return }
        throw .notPermitted(action: "use the daemon of another user", needs: "user id \(owner), whose daemon this is")
    }

    /// Whether the peer may change the pools, which all users share.
    func rule(_ peer: Peer) throws(ControlError) {
        if !isShared || peer.uid == owner || peer.uid == Self.root { return }
        throw .notPermitted(action: "change the pools of all users", needs: "root")
    }

    /// Whether a job of user `uid` is the peer's to cancel and to see in full.
    func owns(_ peer: Peer, jobOf uid: UInt32) -> Bool {
        peer.uid == uid || peer.uid == Self.root
    }
}
