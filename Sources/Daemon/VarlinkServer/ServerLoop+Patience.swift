import Linux

// Who takes too long.
extension ServerLoop {
    func watch(_ connection: ClientConnection, _ standing: Outbox.Standing) {
        let isUnfinished = connection.frames.unfinishedBytes > 0 && interestedIn(connection)
        if !isUnfinished {
            connection.unfinishedSince = nil
        } else if connection.unfinishedSince == nil {
            connection.unfinishedSince = Monotonic.now()
        }
        if isUnfinished || standing.isBlocked || connection.isHeldBack {
            if watched.isEmpty { sweepAt = Monotonic.now() + Self.sweepNanoseconds }
            watched.insert(connection.id)
        } else if !watched.isEmpty {
            watched.remove(connection.id)
        }
    }

    /// Whether it is the client that a call waits for, rather than the call before it.
    private func interestedIn(_ connection: ClientConnection) -> Bool { connection.interest.contains(.readable) }

    /// Closes the connections of those who have not sent the rest of a call, or read their replies, for too long, and reads on where
    /// that was held back.
    func sweep(_ now: UInt64) {
        sweepAt = now + Self.sweepNanoseconds
        var slowest: (connection: ClientConnection, time: UInt64)?
        for id in watched {
            guard let connection = connections[id] else {
                watched.remove(id)
                continue
            }
            if let since = connection.unfinishedSince, now - since >= configuration.callNanoseconds {
                configuration.onEvent(.callUnfinished(connection.peer))
                drop(connection)
            } else if let time = connection.outbox.stalled(now) {
                if time >= configuration.replyNanoseconds {
                    dropUnread(connection)
                } else if time > slowest?.time ?? configuration.shortReplyNanoseconds {
                    slowest = (connection, time)
                }
            } else if !connection.isHeldBack, !interestedIn(connection) {
                pump(connection)
            }
        }
        if let slowest, configuration.isShort() { dropUnread(slowest.connection) }
    }

    private func dropUnread(_ connection: ClientConnection) {
        configuration.onEvent(.repliesUnread(connection.peer))
        drop(connection)
    }
}
