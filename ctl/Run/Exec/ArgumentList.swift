import Bytes
import Catalogue
import Glibc

/// The arguments, addresses or bodies that a run's tasks are given, read from files and from standard input: piece by piece,
/// and only up to what a run can take, so that an input without an end is refused rather than kept.
struct ArgumentList {
    /// Those of all files together that are to be run, with their numbers, from 1.
    private(set) var arguments: [(number: Int, text: String)] = []
    /// The numbers of those that are left out.
    private let known: Set<Int>
    private var count = 0
    private var bytes = 0

    /// The most that are kept for one run, which is more than the call of a run has room for.
    static let maximumArguments = 1_000_000
    /// Bytes of all that are kept: what the call has room for.
    static let maximumBytes = CallSize.limit
    /// The longest argument that the kernel hands to a program (MAX_ARG_STRLEN), without the NUL at its end.
    static let longestArgument = (1 << 17) - 1

    init(without known: Set<Int> = []) {
        self.known = known
    }

    /// Reads the arguments of a file, or of standard input where it is called `-`.
    ///
    /// - Parameters:
    ///   - end: what ends each; the last one may lack it.
    ///   - longest: bytes of the longest that is taken.
    mutating func read(_ path: String, end: UInt8, longest: Int = longestArgument) throws(CommandError) {
        let isInput = path == "-"
        let name = isInput ? "standard input" : path
        try LineReader(path, named: name).read(end: end, longest: longest, thing: "argument") {
            (line: ArraySlice<UInt8>) throws(CommandError) in try add(line, of: name)
        }
    }

    /// Adds an argument.
    mutating func add(_ line: ArraySlice<UInt8>, of name: String) throws(CommandError) {
        count += 1
        let number = count
        guard !known.contains(number) else { return }
        bytes += line.count
        guard arguments.count < Self.maximumArguments, bytes <= Self.maximumBytes else {
            let limit =
                bytes > Self.maximumBytes ? "\(Self.maximumBytes >> 20) MiB" : "\(Self.maximumArguments) arguments"
            throw .input(path: name, reason: "there are more than \(limit), the most for one run: run them in parts")
        }
        guard !line.contains(0) else {
            throw .input(path: name, reason: "argument \(number) has a NUL in it: use -0")
        }
        arguments.append((number, String(bytes: line)))
    }
}
