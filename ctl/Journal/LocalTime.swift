import Glibc

/// Times of day in the user's time zone.
enum LocalTime {
    /// The time of day now.
    static var now: String {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return text(time.tv_sec * 1_000_000_000 + time.tv_nsec)
    }

    /// `2026-11-23 20:06:56`, for nanoseconds since 1970.
    static func text(_ nanoseconds: Int) -> String {
        var seconds = time_t(nanoseconds / 1_000_000_000)
        var parts = tm()
        localtime_r(&seconds, &parts)
        var text = [CChar](repeating: 0, count: 32)
        let count = strftime(&text, text.count, "%Y-%m-%d %H:%M:%S", &parts)
        return String(decoding: text[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}
