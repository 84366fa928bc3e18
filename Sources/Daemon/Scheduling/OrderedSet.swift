/// Elements in the order in which they came, but for those that were put before the others. Adding and removing one costs the
/// same however many there are.
struct OrderedSet<Element: Hashable & Sendable>: Sendable {
    private var links: [Element: Link] = [:]
    private(set) var first: Element?
    private(set) var last: Element?

    /// The neighbours of an element.
    private struct Link: Sendable {
        var before: Element?
        var after: Element?
    }

    var count: Int { links.count }
    var isEmpty: Bool { links.isEmpty }

    func contains(_ element: Element) -> Bool { links[element] != nil }

    /// Adds an element at the end. One that is there stays where it is.
    mutating func append(_ element: Element) {
        guard links[element] == nil else { return }
        links[element] = Link(before: last)
        if let last { links[last]?.after = element } else { first = element }
        last = element
    }

    /// Adds an element at the beginning. One that is there stays where it is.
    mutating func prepend(_ element: Element) {
        guard links[element] == nil else { return }
        links[element] = Link(after: first)
        if let first { links[first]?.before = element } else { last = element }
        first = element
    }

    /// - Returns: whether the element was there.
    @discardableResult
    mutating func remove(_ element: Element) -> Bool {
        guard let link = links.removeValue(forKey: element) else { return false }
        if let before = link.before { links[before]?.after = link.after } else { first = link.after }
        if let after = link.after { links[after]?.before = link.before } else { last = link.before }
        return true
    }
}

extension OrderedSet: Sequence {
    func makeIterator() -> some IteratorProtocol<Element> {
        var next = first
        return AnyIterator {
            defer { next = next.flatMap { links[$0]?.after } }
            return next
        }
    }
}

extension OrderedSet {
    /// The elements, the last one first.
    var backwards: some Sequence<Element> {
        var next = last
        return AnyIterator {
            defer { next = next.flatMap { links[$0]?.before } }
            return next
        }
    }
}
