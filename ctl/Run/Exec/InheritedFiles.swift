import Bytes
import Glibc

/// Files that whoever started this program has opened for it beyond the standard streams, as a shell does for `<(command)`: commands
/// are no children of this process, and reach them through it.
enum InheritedFiles {
    private static let folder = Array("/dev/fd/".utf8)

    /// The numbers of their descriptors: all that this process opens itself are closed for others.
    private static let numbers: Set<Int32> = {
        guard let folder = opendir("/proc/self/fd") else { return [] }
        defer { closedir(folder) }
        var numbers: Set<Int32> = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { String(bytes: Array($0.prefix { $0 != 0 })) }
            guard let number = Int32(name), number > STDERR_FILENO else { continue }
            let flags = fcntl(number, F_GETFD)
            if flags >= 0, flags & FD_CLOEXEC == 0 { numbers.insert(number) }
        }
        return numbers
    }()

    /// Whether one of `words` may be such a file.
    static func areMeant(in words: WordList) -> Bool {
        if numbers.isEmpty { return false }
        return words.bytes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return false }
            var start = 0
            while let found = memchr(base + start, Int32(folder[0]), bytes.count - start) {
                start = UnsafeRawPointer(found) - base
                if bytes.count - start < folder.count { return false }
                if memcmp(found, folder, folder.count) == 0 { return true }
                start += 1
            }
            return false
        }
    }

    /// `words` with each such `/dev/fd/63` as another process reaches it.
    static func reached(in words: [[UInt8]]) -> [[UInt8]] {
        numbers.isEmpty ? words : words.map(reached)
    }

    private static func reached(in word: [UInt8]) -> [UInt8] {
        guard word.count > folder.count else { return word }
        var reached: [UInt8] = []
        var rest = word[...]
        while let byte = rest.first {
            if byte == folder[0], rest.starts(with: folder) {
                let digits = rest.dropFirst(folder.count).prefix { (0x30...0x39).contains($0) }
                if let number = Int32(String(decoding: digits, as: UTF8.self)), numbers.contains(number) {
                    reached += Array("/proc/\(getpid())/fd/\(number)".utf8)
                    rest = rest[digits.endIndex...]
                    continue
                }
            }
            reached.append(byte)
            rest.removeFirst()
        }
        return reached
    }
}
