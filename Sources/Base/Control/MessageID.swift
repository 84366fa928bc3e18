/// What kind of thing a journal entry of the daemon tells, as its `MESSAGE_ID`.
///
/// The numbers were drawn once with `systemd-id128 new` and never change. `systemd/pard.catalog` explains each one to
/// the reader of `journalctl -x`.
public enum MessageID: String, Sendable, CaseIterable {
    /// A run came to its end, in whatever way. Its entry has every ``RunField``.
    case runFinished = "f99f41bd847644808518f55806840d6c"
    /// All workers of a pool's floor are ready.
    case poolWarm = "cfbc67b7683749adbe03d5c569e6751b"
    /// A worker ended without being told to, and another one takes its place.
    case workerLost = "8b2689a97f384df088a7db5dc84b9261"
    /// The fork server was started, for the first time or for a lost one.
    case zygoteStarted = "e659a6b71c2143eab5d80193ba820d1d"
    /// The fork server could not fork.
    case forksFailed = "a180b686314a4ef2b9f40f8f3038a6dd"
    /// The fork server ended without being told to, and another one takes its place.
    case zygoteLost = "49d587a1a522466a8c48f39fb2278a5e"
    /// Runs were not taken in because something was used up.
    case refused = "f0bec160383945749a706db9a91d0c1d"
    /// A new configuration is in force.
    case configurationReloaded = "eedafd4c4a3e460190c291ff9e7fd998"
    /// A new configuration was no good, and the old one stays in force.
    case configurationRejected = "2b47597ffb1c49ffabcbd16045c85fd2"
    /// The daemon was told to stop, and its jobs have ended.
    case drained = "a88ad8b9c25e459f9f9a22cfae61fb6d"
    /// Entries could not be handed to the journal.
    case entriesDropped = "b4b22820ed344634bd59ae86d5bee9cc"
}
