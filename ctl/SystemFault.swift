import Glibc
import Linux

/// What an errno means to whoever reads it.
enum SystemFault {
    /// The errno as libc says it, and what to do about it where that can be told: `Too many open files; raise 'ulimit -n'`.
    static func text(_ number: Int32) -> String {
        if number == EBADF { return "it is closed" }
        let text = SystemError.text(number)
        return advice(number).map { "\(text); \($0)" } ?? text
    }

    private static func advice(_ number: Int32) -> String? {
        switch number {
        case EMFILE: "raise the limit with 'ulimit -n', or close what is open"
        case ENFILE: "the whole system has too many files open"
        case ENOMEM, ENOBUFS: "there is no memory left, or 'ulimit -v' allows too little"
        case ENOSPC, EDQUOT: "make room on the disk, or write elsewhere"
        case EROFS: "write elsewhere"
        case EAGAIN: "there are too many processes or threads; see 'ulimit -u'"
        case EFBIG: "the file would be larger than 'ulimit -f' or its file system allows"
        default: nil
        }
    }
}
