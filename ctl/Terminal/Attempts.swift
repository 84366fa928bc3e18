/// Several things that are written to several places: one that can't be doesn't keep the others from being.
struct Attempts {
    private var first: (any Error)?

    /// Writes one of them.
    mutating func make(_ write: () throws -> Void) {
        do { try write() } catch { first = first ?? error }
    }

    /// Throws the first fault that there was.
    func check() throws {
        if let first { throw first }
    }
}
