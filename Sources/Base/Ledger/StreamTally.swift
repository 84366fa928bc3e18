import Linux

/// What one worker of a lease has done: summed up as it goes, as a stream keeps no record for longer than its client reads it.
///
/// It stands in the job's memory, where no client reaches it, a page for each seat. Who takes over a seat adds to it.
public struct StreamTally {
    public static let byteCount = Arena.pageBytes

    private let base: UnsafeMutableRawPointer

    init(base: UnsafeMutableRawPointer) {
        self.base = base
    }

    private enum Sum: Int {
        case ok, failed, cancelled, nanoseconds, cpu, cpuTasks, shortest, longest, firstStart, lastStop, value
    }

    private static let bucketsOffset = 128
    /// Durations are told apart by their first five bits.
    private static let parts = 16
    /// Up to two hours; what is longer counts as that.
    private static let bucketCount = 640

    private func sum(_ which: Sum) -> UnsafeMutablePointer<UInt64> {
        (base + which.rawValue * MemoryLayout<UInt64>.size).assumingMemoryBound(to: UInt64.self)
    }

    private var buckets: UnsafeMutablePointer<UInt32> {
        (base + Self.bucketsOffset).assumingMemoryBound(to: UInt32.self)
    }

    /// Counts a task in. Called by the worker that has the seat.
    ///
    /// - Parameter value: what the task has returned, or how many bytes.
    public func add(_ status: TaskRecord.Status, start: UInt64, stop: UInt64, value: Int64 = 0) {
        sum(.value).pointee &+= UInt64(bitPattern: value)
        switch status {
        case .ok: sum(.ok).pointee &+= 1
        case .failed: sum(.failed).pointee &+= 1
        case .pending, .running, .lost, .cancelled: sum(.cancelled).pointee &+= 1
        }
        let nanoseconds = stop &- start
        if sum(.firstStart).pointee == 0 {
            sum(.firstStart).pointee = start
            sum(.shortest).pointee = nanoseconds
        }
        sum(.lastStop).pointee = stop
        sum(.nanoseconds).pointee &+= nanoseconds
        sum(.shortest).pointee = min(sum(.shortest).pointee, nanoseconds)
        sum(.longest).pointee = max(sum(.longest).pointee, nanoseconds)
        buckets[Self.bucket(of: nanoseconds)] &+= 1
    }

    /// Counts in what the worker's tasks have had of a processor.
    public func add(cpu nanoseconds: UInt64, tasks: UInt32) {
        sum(.cpu).pointee &+= nanoseconds
        sum(.cpuTasks).pointee &+= UInt64(tasks)
    }

    private static func bucket(of nanoseconds: UInt64) -> Int {
        if nanoseconds < UInt64(parts) { return Int(nanoseconds) }
        let bits = 63 - nanoseconds.leadingZeroBitCount
        let part = Int(truncatingIfNeeded: nanoseconds >> UInt64(bits - 4)) & (parts - 1)
        return min((bits - 3) * parts + part, bucketCount - 1)
    }

    /// The middle of the durations that a bucket counts.
    private static func duration(of bucket: Int) -> UInt64 {
        if bucket < parts { return UInt64(bucket) }
        let shift = UInt64(bucket / parts - 1)
        return UInt64(parts + bucket % parts) << shift + (1 << shift) / 2
    }

    /// A copy, as far as it can be true: workers may have written anything.
    public func reading(within times: ClosedRange<UInt64>) -> Reading {
        var reading = Reading()
        func count(_ which: Sum) -> Int { Int(clamping: min(sum(which).pointee, UInt64(Int32.max) << 16)) }
        func time(_ which: Sum) -> UInt64? {
            let value = sum(which).pointee
            return value == 0 ? nil : min(max(value, times.lowerBound), times.upperBound)
        }
        reading.ok = count(.ok)
        reading.failed = count(.failed)
        reading.cancelled = count(.cancelled)
        reading.value = Int64(bitPattern: sum(.value).pointee)
        reading.nanoseconds = sum(.nanoseconds).pointee
        reading.cpu = sum(.cpu).pointee
        reading.cpuTasks = count(.cpuTasks)
        reading.firstStart = time(.firstStart)
        reading.lastStop = time(.lastStop)
        let longest = times.upperBound - times.lowerBound
        reading.shortest = min(sum(.shortest).pointee, longest)
        reading.longest = min(sum(.longest).pointee, longest)
        for bucket in 0..<Self.bucketCount where buckets[bucket] > 0 {
            reading.durations.append((min(Self.duration(of: bucket), longest), Int(buckets[bucket])))
        }
        return reading
    }

    /// How many tasks have ended, whatever else may be written there.
    public var ended: Int {
        Int(clamping: sum(.ok).pointee &+ sum(.failed).pointee &+ sum(.cancelled).pointee)
    }

    /// What one worker has done, or several together.
    public struct Reading: Sendable {
        public var ok = 0
        public var failed = 0
        public var cancelled = 0
        /// The sum of what tasks have returned, or of their results' bytes; it wraps around.
        public var value: Int64 = 0
        public var nanoseconds: UInt64 = 0
        public var cpu: UInt64 = 0
        public var cpuTasks = 0
        public var shortest: UInt64 = 0
        public var longest: UInt64 = 0
        public var firstStart: UInt64?
        public var lastStop: UInt64?
        /// How long tasks took, to within one thirty-second, and how many took so long.
        public var durations: [(nanoseconds: UInt64, count: Int)] = []
    }
}
