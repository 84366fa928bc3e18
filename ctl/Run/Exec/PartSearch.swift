/// Where the next part of an input ends, found as its bytes come: each is looked at once, however long the part gets.
///
/// A part is as many whole records as go into a block, or so many records; a record that is longer than a block is a part.
struct PartSearch {
    private let options: PipeOptions
    /// Up to where no end is left to be found.
    private var looked = 0
    /// Records, or lines, that have been found, and where the last one of those that count ends.
    private var count = 0
    private var end = 0

    init(_ options: PipeOptions) {
        self.options = options
    }

    /// How many of the bytes make the part; nil where more have to come. What was there the last time is still there.
    mutating func end(in bytes: [UInt8], isLast: Bool) -> Int? {
        if bytes.isEmpty { return nil }
        let block = options.blockBytes
        if let records = options.records, records > 0 {
            let (product, isMore) = records.multipliedReportingOverflow(by: options.lines ?? 1)
            return end(ofRecords: isMore ? .max : product, in: bytes) ?? (isLast ? bytes.count : nil)
        }
        guard bytes.count >= block || isLast else { return nil }
        if options.records == nil, let lines = options.lines {
            return end(ofLines: lines, in: bytes) ?? (isLast ? bytes.count : nil)
        }
        if bytes.count <= block, isLast { return bytes.count }
        if looked <= block, let end = lastBoundary(in: bytes, atMost: block) { return end }
        return boundary(in: bytes, from: block) ?? (isLast ? bytes.count : nil)
    }

    private mutating func end(ofRecords records: Int, in bytes: [UInt8]) -> Int? {
        while count < records {
            guard let place = boundary(in: bytes, from: end + 1) else { return nil }
            (end, count) = (place, count + 1)
        }
        return end
    }

    /// As many whole records of so many lines as go into a block, or one; what is left in the end is a part of its own.
    private mutating func end(ofLines lines: Int, in bytes: [UInt8]) -> Int? {
        while looked < bytes.count {
            let place = looked
            guard bytes[place] == UInt8(ascii: "\n") else {
                looked += 1
                continue
            }
            if place >= options.blockBytes, end > 0 { break }
            looked += 1
            count += 1
            if count % lines == 0 { end = place + 1 }
        }
        return end > 0 ? end : nil
    }

    /// The first place from `from` on at which a record ends and another one begins, or the last one ends.
    private mutating func boundary(in bytes: [UInt8], from: Int) -> Int? {
        var place = max(from, looked)
        while place <= bytes.count {
            if isBoundary(bytes, place) { return place }
            // What may begin a record is seen only once it is all there.
            if place + options.start.count <= bytes.count { looked = place + 1 }
            place += 1
        }
        return nil
    }

    private func lastBoundary(in bytes: [UInt8], atMost: Int) -> Int? {
        var place = min(atMost, bytes.count)
        while place > 0 {
            if isBoundary(bytes, place) { return place }
            place -= 1
        }
        return nil
    }

    private func isBoundary(_ bytes: [UInt8], _ place: Int) -> Bool {
        let (end, start) = (options.end, options.start)
        guard place >= end.count, place > 0 else { return false }
        // Single bytes first: they are most.
        if let last = end.last, bytes[place - 1] != last { return false }
        guard end.count <= 1 || bytes[(place - end.count)..<place].elementsEqual(end) else { return false }
        guard !start.isEmpty else { return true }
        return place + start.count <= bytes.count && bytes[place..<(place + start.count)].elementsEqual(start)
    }
}
