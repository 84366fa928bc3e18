import CStream
import Linux
import Synchronization

// How results stand in a stream: small ones in their task's cell, others in blocks of their own, until the client frees them.
extension ResultWriter {
    /// How long a result waits for the client to free some, where there is no room.
    private static let roomNanoseconds: UInt64 = 5_000_000_000

    /// Begins the result of the task at hand, in its cell.
    @usableFromInline mutating func begin(in seat: UnsafeMutablePointer<StreamSeat>) {
        if blocks > 0 { freeBlocks(seat) }
        start = Int(par_stream_cell(seat.pointee.stream, seat.pointee.task))
        chunkEnd = start + Int(PAR_STREAM_CELL)
    }

    /// Ends the result at hand. Its blocks are the client's from now on.
    @usableFromInline mutating func finish(in seat: UnsafeMutablePointer<StreamSeat>) -> ResultSpan {
        let span = count == 0 ? ResultSpan.none : ResultSpan(offset: start, count: count)
        if blocks > 0 {
            let needed = UInt32((count + StreamShape.blockBytes - 1) / StreamShape.blockBytes)
            let stream = seat.pointee.stream
            par_blocks_free(
                par_stream_owners(stream), stream.pointee.shape.result_blocks, firstBlock + needed, blocks - needed)
            blocks = 0
        }
        count = 0
        // Whoever writes without having begun writes nothing.
        chunkEnd = start
        return span
    }

    /// Moves the result at hand into blocks where it has room.
    mutating func grow(to byteCount: Int, in seat: UnsafeMutablePointer<StreamSeat>) -> UnsafeMutableRawPointer? {
        // Twice what it has where it grows, so that many small additions move it seldom.
        let wanted = count > 0 ? min(2 * byteCount, limit) : byteCount
        let old = firstBlock..<(firstBlock + blocks)
        guard
            let first = takeBlocks(wanted, seat)
                ?? (wanted > byteCount ? takeBlocks(byteCount, seat) : nil) ?? awaitBlocks(byteCount, seat)
        else { return fail(.full) }
        let stream = seat.pointee.stream
        let place = Int(stream.pointee.at.results) + Int(first.lowerBound) * StreamShape.blockBytes
        if count > 0 { (heap + place).copyMemory(from: heap + start, byteCount: count) }
        par_blocks_free(
            par_stream_owners(stream), stream.pointee.shape.result_blocks, old.lowerBound, UInt32(old.count))
        firstBlock = first.lowerBound
        blocks = UInt32(first.count)
        start = place
        chunkEnd = place + first.count * StreamShape.blockBytes
        count = byteCount
        return heap + place
    }

    private func takeBlocks(_ byteCount: Int, _ seat: UnsafeMutablePointer<StreamSeat>) -> Range<UInt32>? {
        let (stream, pid) = (seat.pointee.stream, seat.pointee.pid)
        let shape = stream.pointee.shape
        let needed = (byteCount + StreamShape.blockBytes - 1) / StreamShape.blockBytes
        guard needed <= Int(shape.result_blocks) else { return nil }
        // Each worker looks from a place of its own, so that they seldom meet.
        let own = UInt32(UInt64(shape.result_blocks) * UInt64(seat.pointee.seat) / UInt64(shape.seats))
        let first = par_blocks_take(par_stream_owners(stream), shape.result_blocks, UInt32(needed), pid, own)
        return first == .max ? nil : first..<(first + UInt32(needed))
    }

    /// Waits until the client has freed so much.
    private func awaitBlocks(_ byteCount: Int, _ seat: UnsafeMutablePointer<StreamSeat>) -> Range<UInt32>? {
        let stream = seat.pointee.stream
        guard byteCount <= Int(stream.pointee.shape.result_blocks) * StreamShape.blockBytes else { return nil }
        let deadline = Monotonic.now() + Self.roomNanoseconds
        while !isCancelled {
            let freed = par_stream_want_blocks(stream)
            if let blocks = takeBlocks(byteCount, seat) { return blocks }
            let now = Monotonic.now()
            if now >= deadline { return nil }
            // The client may have written anything there, and the lease may end: so it doesn't wait for one ring alone.
            Futex.wait(raw: par_stream_freed(stream), while: freed, atMost: min(deadline - now, Self.lookNanoseconds))
        }
        return nil
    }

    /// After so long a worker that waits for room looks whether the lease has ended.
    private static let lookNanoseconds: UInt64 = 100_000_000

    private mutating func freeBlocks(_ seat: UnsafeMutablePointer<StreamSeat>) {
        let stream = seat.pointee.stream
        par_blocks_free(par_stream_owners(stream), stream.pointee.shape.result_blocks, firstBlock, blocks)
        blocks = 0
    }
}
