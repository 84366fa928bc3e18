public import Catalogue
public import Workloads

/// The workloads that need a library: what a program knows beyond those that every worker does.
///
/// One is made on each worker, of which it keeps whatever is to outlive a job, such as open connections.
public protocol Repertoire: AnyObject {
    /// Loads the library into the zygote, before there is a worker: only what starts no thread and survives a fork.
    static func preload(_ library: Library)

    /// Has the library loaded and ready for use by this worker, which is not ready before. Where that can't be done, the
    /// worker comes up all the same, and each of its tasks fails with the reason.
    init(loading library: Library)

    /// Does a worker's part of a job of the workload with this name. A workload that isn't in the repertoire is left alone.
    func work(_ workload: String, _ shift: consuming Shift, _ arguments: JobArguments)
}
