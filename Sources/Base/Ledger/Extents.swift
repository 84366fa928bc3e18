/// Which parts of the arena are free: whole pages, the first gap that fits.
///
/// Low addresses are used again first, as their pages are the ones that workers have already touched.
public struct Extents: Sendable {
    private var gaps: [Range<Int>]
    /// Bytes that jobs hold.
    public private(set) var used = 0

    /// All of `range` is free; its bounds are at page boundaries.
    public init(_ range: Range<Int>) {
        gaps = range.isEmpty ? [] : [range]
    }

    /// Takes `byteCount` bytes, rounded up to pages; nil when no gap is that large.
    public mutating func take(_ byteCount: Int) -> Range<Int>? {
        let size = Arena.roundedToPages(max(1, byteCount))
        guard let index = gaps.firstIndex(where: { $0.count >= size }) else { return nil }
        let gap = gaps[index]
        let extent = gap.lowerBound..<(gap.lowerBound + size)
        if gap.count == size {
            gaps.remove(at: index)
        } else {
            gaps[index] = extent.upperBound..<gap.upperBound
        }
        used += size
        return extent
    }

    /// Puts an extent back, and joins it to its neighbours.
    public mutating func giveBack(_ extent: Range<Int>) {
        used -= extent.count
        let index = gaps.firstIndex { $0.lowerBound >= extent.upperBound } ?? gaps.endIndex
        gaps.insert(extent, at: index)
        if index + 1 < gaps.count, gaps[index].upperBound == gaps[index + 1].lowerBound {
            gaps[index] = gaps[index].lowerBound..<gaps.remove(at: index + 1).upperBound
        }
        if index > 0, gaps[index - 1].upperBound == gaps[index].lowerBound {
            gaps[index - 1] = gaps[index - 1].lowerBound..<gaps.remove(at: index).upperBound
        }
    }
}
