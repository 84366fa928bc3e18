/// What a workload tells of a job's tasks beside their records, by task; of no bytes where it tells nothing.
public struct TaskDetails: @unchecked Sendable {
    // Shared memory that nobody writes any more once its task has ended.
    private let base: UnsafeRawPointer
    private let byteCount: Int

    init(base: UnsafeRawPointer, byteCount: Int) {
        self.base = base
        self.byteCount = byteCount
    }

    public subscript(task: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(start: base + task * byteCount, count: byteCount)
    }
}
