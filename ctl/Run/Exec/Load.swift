import Glibc

/// How busy the host is.
enum Load {
    /// How many processes want a processor, on the average of a minute.
    static var runnable: Double {
        var averages = [0.0]
        return getloadavg(&averages, 1) == 1 ? averages[0] : 0
    }

    /// Memory that programs can have, in bytes.
    static var availableBytes: Int {
        guard let file = fopen("/proc/meminfo", "re") else { return .max }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 4096)
        let text = String(decoding: bytes[..<fread(&bytes, 1, bytes.count, file)], as: UTF8.self)
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("MemAvailable:") }),
            let number = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) })
        else { return .max }
        return number << 10
    }
}
