/// An entry of the daemon's log as one line: time, level, who wrote it, message.
public struct LogLine: Sendable, Equatable {
    /// Nanoseconds since 1970.
    public var time: Int
    /// The syslog priority, 0 to 7; lower is graver.
    public var priority: Int
    /// The program that wrote it, such as `pard`.
    public var program: String
    public var message: String

    public init(time: Int, priority: Int, program: String, message: String) {
        self.time = time
        self.priority = priority
        self.program = program
        self.message = message
    }

    /// The line, ended.
    ///
    /// - Parameter clock: spells nanoseconds since 1970.
    public func text(style: TextStyle, clock: (Int) -> String) -> String {
        let (level, ink): (String, TextStyle.Ink) =
            switch priority {
            case ...2: ("critical", .red)
            case 3: ("error", .red)
            case 4: ("warning", .yellow)
            case 5: ("note", .bold)
            case 6: ("info", .plain)
            default: ("debug", .dim)
            }
        return style.paint(clock(time), .dim) + " \(style.clean(program)) "
            + style.paint("\(level): \(style.clean(message))", ink) + "\n"
    }
}
