import Glibc

/// Descriptors 0, 1 and 2. Where whoever started this process has closed one, the next file that is opened would get its
/// number, and what programs do with it.
enum StandardDescriptors {
    static func open() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            _ = Glibc.open("/dev/null", O_RDWR)
        }
    }
}
