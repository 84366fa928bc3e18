import Bytes
import Glibc

/// A shared library as a file: what can be told of it without loading it, so that nothing of it runs.
public struct LibraryFile: Sendable {
    /// Why a file is no library that this host's programs can load, or lacks a function.
    public struct Fault: Error, Sendable, Equatable, CustomStringConvertible {
        public let description: String
    }

    /// The functions that it has for others; nil where the file doesn't tell, as one without section headers.
    public let functions: Set<String>?

    /// The format's numbers (elf(5)).
    private enum Format {
        static let headerBytes = 64
        static let sharedObject: UInt16 = 3
        static let sectionBytes = 64
        static let dynamicSymbols: UInt32 = 11
        static let symbolBytes = 24
        static let function: UInt8 = 2
        static let indirectFunction: UInt8 = 10
        static let local: UInt8 = 0
    }

    /// A table that is larger is not read.
    private static let maximumTableBytes = 64 << 20

    /// Reads the file at `path`. Throws ``Fault`` where it can't be loaded by programs of this host, in words that follow its name.
    public init(at path: String) throws(Fault) {
        let raw = open(path.cBytes, O_RDONLY | O_CLOEXEC)
        guard raw >= 0 else { throw Fault(description: "can't be read: \(SystemError.text(errno))") }
        let file = Descriptor(owning: raw)
        guard let header = Self.read(file, at: 0, count: Format.headerBytes),
            header.prefix(4) == [0x7f, 0x45, 0x4c, 0x46]
        else { throw Fault(description: "is not a shared library (ELF)") }
        let own = try Self.ownHeader()
        let machine = Self.number(header, 18, as: UInt16.self)
        guard header[4] == own[4], header[5] == own[5], machine == Self.number(own, 18, as: UInt16.self) else {
            let wanted = Self.name(of: own)
            throw Fault(
                description: "is made for \(Self.name(of: header)), and this host is \(wanted): compile it here")
        }
        guard Self.number(header, 16, as: UInt16.self) == Format.sharedObject else {
            throw Fault(description: "is not a shared library: compile it with -shared -fPIC")
        }
        functions = Self.functions(of: file, header)
    }

    /// Throws where the library is known to have no such function, in words that follow its name.
    public func check(_ function: String) throws(Fault) {
        guard let functions, !functions.contains(function) else { return }
        let some = functions.sorted().prefix(8).joined(separator: ", ")
        let has = functions.isEmpty ? "none for others" : functions.count > 8 ? "\(some) and others" : some
        throw Fault(description: "has no function \(function): it has \(has)")
    }

    private static func ownHeader() throws(Fault) -> [UInt8] {
        let raw = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        guard raw >= 0, let header = read(Descriptor(owning: raw), at: 0, count: Format.headerBytes) else {
            throw Fault(description: "can't be compared with this host's programs: /proc/self/exe can't be read")
        }
        return header
    }

    /// What a file's code is for.
    private static func name(of header: [UInt8]) -> String {
        let machine = number(header, 18, as: UInt16.self)
        let names: [UInt16: String] = [
            3: "x86", 21: "ppc64", 22: "s390x", 40: "arm", 62: "x86-64", 183: "aarch64", 243: "riscv",
        ]
        return (names[machine] ?? "machine \(machine)") + (header[4] == 1 ? " (32 bits)" : "")
    }

    private static func functions(of file: borrowing Descriptor, _ header: [UInt8]) -> Set<String>? {
        let count = Int(number(header, 60, as: UInt16.self))
        guard Int(number(header, 58, as: UInt16.self)) == Format.sectionBytes, count > 0,
            let sections = read(file, at: number(header, 40, as: UInt64.self), count: count * Format.sectionBytes)
        else { return nil }
        func section(_ index: Int) -> [UInt8] {
            Array(sections[index * Format.sectionBytes..<(index + 1) * Format.sectionBytes])
        }
        func contents(_ section: [UInt8]) -> [UInt8]? {
            let size = number(section, 32, as: UInt64.self)
            guard size <= UInt64(maximumTableBytes) else { return nil }
            return read(file, at: number(section, 24, as: UInt64.self), count: Int(size))
        }
        guard
            let own = (0..<count).lazy.map(section).first(where: {
                number($0, 4, as: UInt32.self) == Format.dynamicSymbols
            })
        else { return nil }
        let link = Int(number(own, 40, as: UInt32.self))
        guard link < count, let symbols = contents(own), let names = contents(section(link)) else { return nil }
        var functions: Set<String> = []
        for start in stride(from: 0, to: symbols.count - symbols.count % Format.symbolBytes, by: Format.symbolBytes) {
            let symbol = symbols[start..<start + Format.symbolBytes]
            let kind = symbol[start + 4] & 0xf
            let isDefined = symbol[start + 6] != 0 || symbol[start + 7] != 0
            guard kind == Format.function || kind == Format.indirectFunction, symbol[start + 4] >> 4 != Format.local,
                isDefined
            else { continue }
            let name = Int(number(Array(symbol), 0, as: UInt32.self))
            guard name < names.count, let end = names[name...].firstIndex(of: 0) else { continue }
            functions.insert(String(bytes: names[name..<end]))
        }
        return functions
    }

    private static func number<Number: FixedWidthInteger & BitwiseCopyable>(
        _ bytes: [UInt8], _ offset: Int, as: Number.Type
    ) -> Number {
        bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
    }

    /// All of a part of the file; nil where it isn't there.
    private static func read(_ file: borrowing Descriptor, at offset: UInt64, count: Int) -> [UInt8]? {
        guard let first = off_t(exactly: offset) else { return nil }
        let raw = file.raw
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let more = bytes.withUnsafeMutableBytes {
                pread(raw, $0.baseAddress.map { $0 + done }, count - done, first + done)
            }
            if more < 0, errno == EINTR { continue }
            if more <= 0 { return nil }
            done += more
        }
        return bytes
    }
}
