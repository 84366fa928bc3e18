import Glibc

/// The C library's words for an errno.
func systemErrorText(_ number: Int32) -> String { String(cString: strerror(number)) }
