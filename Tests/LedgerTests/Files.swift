import Glibc
import Linux

/// A second descriptor for the same file.
func duplicate(_ descriptor: Int32) throws -> Int32 {
    try system("dup") { fcntl(descriptor, F_DUPFD_CLOEXEC, 0) }
}

func truncate(_ descriptor: Int32, to byteCount: Int) throws(SystemError) {
    try system("ftruncate") { ftruncate(descriptor, byteCount) }
}
