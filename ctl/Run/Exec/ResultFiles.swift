import Bytes
import Glibc
import Linux

/// The files into which `--results` puts what commands write, where GNU parallel puts it.
///
/// A name without a place is a directory, below which each command has one of its own, by the number and the value of each
/// argument, with the files `stdout`, `stderr` and `seq`. A name with a place is that of the file itself, beside which `.err` and
/// `.seq` stand.
final class ResultFiles {
    /// Whether what is kept is printed as well.
    let prints = false
    private let plan: ExecPlan
    private let name: [UInt8]
    /// The name with its places; nil where it is a directory's.
    private let template: CommandTemplate?

    /// Nil where nothing is to be kept.
    init?(_ plan: ExecPlan) throws(CommandError) {
        guard let name = plan.options.results, !name.isEmpty else { return nil }
        self.plan = plan
        self.name = name
        do {
            var reader = plan.options.reader
            reader.names = plan.names
            let read = try CommandTemplate([name], reader: reader, appends: false)
            template = read.isPlain ? nil : read
        } catch {
            throw .usage("exec: --results: \(error.text)", help: "parctl run exec --help")
        }
    }

    /// Adds to the files of a command.
    func add(_ output: [UInt8], _ errors: [UInt8], of job: ExecJob, isFirst: Bool) throws(CommandError) {
        let paths = paths(of: job)
        if isFirst {
            try Self.makeFolder(of: paths.output)
            try write([], to: paths.output, anew: true)
            try write([], to: paths.errors, anew: true)
            try write(Array(String(job.number).utf8), to: paths.number, anew: true)
        }
        if !output.isEmpty { try write(output, to: paths.output, anew: false) }
        if !errors.isEmpty { try write(errors, to: paths.errors, anew: false) }
    }

    private func paths(of job: ExecJob) -> (output: [UInt8], errors: [UInt8], number: [UInt8]) {
        if let template {
            let path = plan.text(template, of: job)
            if path.last == UInt8(ascii: "/") {
                return (path + Array("stdout".utf8), path + Array("stderr".utf8), path + Array("seq".utf8))
            }
            return (path, path + Array(".err".utf8), path + Array(".seq".utf8))
        }
        var folder = name
        for (index, argument) in job.arguments.enumerated() {
            let heading = plan.names.flatMap { $0.indices.contains(index) ? $0[index] : nil }
            folder.append(UInt8(ascii: "/"))
            folder += heading ?? Array(String(index + 1).utf8)
            folder.append(UInt8(ascii: "/"))
            folder += Self.part(argument)
        }
        folder.append(UInt8(ascii: "/"))
        return (folder + Array("stdout".utf8), folder + Array("stderr".utf8), folder + Array("seq".utf8))
    }

    /// An argument as a part of a path: what can't stand in one is spelled otherwise.
    private static func part(_ argument: [UInt8]) -> [UInt8] {
        var part: [UInt8] = []
        for byte in argument {
            switch byte {
            case UInt8(ascii: "\\"): part += Array("\\\\".utf8)
            case UInt8(ascii: "/"): part += Array("\\_".utf8)
            case UInt8(ascii: "\t"): part += Array("\\t".utf8)
            case 0: part += Array("\\0".utf8)
            default: part.append(byte)
            }
        }
        return part
    }

    /// Makes the folder that a file at `path` is to be in, with those above it.
    static func makeFolder(of path: [UInt8]) throws(CommandError) {
        for index in path.indices.dropFirst() where path[index] == UInt8(ascii: "/") {
            let folder = String(bytes: path[..<index])
            guard mkdir(folder.cBytes, 0o777) == 0 || errno == EEXIST else {
                throw .exporting(path: folder, errno: errno)
            }
        }
    }

    private func write(_ bytes: [UInt8], to path: [UInt8], anew: Bool) throws(CommandError) {
        let name = String(bytes: path)
        let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (anew ? O_TRUNC : O_APPEND)
        let raw = open(name.cBytes, flags, 0o666)
        guard raw >= 0 else { throw .exporting(path: name, errno: errno) }
        let file = Descriptor(owning: raw)
        do throws(SystemError) {
            try writeAll(file.raw, bytes)
        } catch {
            throw .exporting(path: name, errno: error.errno.rawValue)
        }
    }
}

extension CommandTemplate {
    /// Whether it has no place.
    var isPlain: Bool { !hasAnyPlace }
}
