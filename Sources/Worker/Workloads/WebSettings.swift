/// What the daemon adds to the options of downloads and calls, by names that none of them has.
public enum WebSettings {
    /// The bits that new files don't get.
    public static let umask = "pard.umask"
}
