import CLinux
import Glibc

// Memory files that go from one program to another: written once, sealed, and passed on as descriptors.
extension Descriptor {
    /// A new memory file, empty. It is closed on exec.
    public static func memoryFile(named name: String) throws(SystemError) -> Descriptor {
        Descriptor(owning: try kernel("memfd_create") { par_memfd_create(name) })
    }

    /// Writes all of `bytes` behind what was written before.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(SystemError) {
        try writeAll(raw, bytes)
    }

    /// Writes all of `values` as they stand in memory.
    public func append<Value: BitwiseCopyable>(_ values: [Value]) throws(SystemError) {
        try writeAll(raw, values)
    }

    /// Forbids everybody to change a memory file from now on, this process included.
    public func seal() throws(SystemError) {
        let raw = raw
        try kernel("fcntl(F_ADD_SEALS)") { par_memfd_seal(raw) }
    }

    /// Whether it is a memory file that nobody can write to or make shorter any more, so that it can be mapped without fear.
    public var isSealed: Bool { par_memfd_is_sealed(raw) != 0 }
}
