import Control

/// What somebody asks for who gathers metrics, in as much of HTTP/1.1 (RFC 9112) as that takes.
enum MetricsRequest: Sendable, Equatable {
    /// The metrics; without them, but for how long they are, where only the head is asked for.
    case metrics(MetricsText.Format, headOnly: Bool)
    /// Something else, and the status that answers it.
    case refused(Status)

    enum Status: String, Sendable {
        case ok = "200 OK"
        case bad = "400 Bad Request"
        case notFound = "404 Not Found"
        case notAllowed = "405 Method Not Allowed"
        case timeout = "408 Request Timeout"
        case tooLarge = "431 Request Header Fields Too Large"
        case unavailable = "503 Service Unavailable"
        case unknownVersion = "505 HTTP Version Not Supported"
    }

    /// The path of the metrics.
    static let path = "/metrics"
    /// How long a request may be, in bytes.
    static let byteLimit = 8192

    /// Reads a request; nil where it has not ended yet. What is behind it is not looked at.
    init?(_ bytes: [UInt8]) {
        guard let end = Self.end(of: bytes) else {
            if bytes.count < Self.byteLimit { return nil }
            self = .refused(.tooLarge)
            return
        }
        guard end <= Self.byteLimit else {
            self = .refused(.tooLarge)
            return
        }
        // Bytes, as to a text the two at the end of a line are one character.
        let lines = bytes[..<end].split(separator: 0x0A, omittingEmptySubsequences: false).map {
            String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)
        }
        self = Self.read(lines.first ?? "", headers: lines.dropFirst())
    }

    private static func read(_ line: String, headers: ArraySlice<String>) -> MetricsRequest {
        let words = line.split(separator: " ", omittingEmptySubsequences: false)
        guard words.count == 3, words[2].hasPrefix("HTTP/") else { return .refused(.bad) }
        guard words[2].hasPrefix("HTTP/1.") else { return .refused(.unknownVersion) }
        guard words[0] == "GET" || words[0] == "HEAD" else { return .refused(.notAllowed) }
        let path = words[1].prefix { $0 != "?" }
        guard path == Self.path || path == "/" else { return .refused(.notFound) }
        let accept = headers.first { $0.lowercased().hasPrefix("accept:") }
        // Whoever doesn't ask for the newer form may know the older one only, as curl's reader does.
        let isOpen = accept?.contains("application/openmetrics-text") == true
        return .metrics(isOpen ? .openmetrics : .prometheus, headOnly: words[0] == "HEAD")
    }

    /// Where the empty line behind the headers begins; nil where there is none.
    private static func end(of bytes: [UInt8]) -> Int? {
        for index in bytes.indices where bytes[index] == 0x0A {
            let next = bytes[(index + 1)...].prefix(2)
            if next.first == 0x0A || next.elementsEqual([0x0D, 0x0A]) { return index + 1 }
        }
        return nil
    }

    /// An answer, after which the connection is closed.
    static func answer(
        _ status: Status, _ body: [UInt8] = [], type: String = "text/plain; charset=utf-8", headOnly: Bool = false
    ) -> [UInt8] {
        let text = status == .ok ? body : Array("\(status.rawValue)\n".utf8)
        var head = "HTTP/1.1 \(status.rawValue)\r\nContent-Type: \(type)\r\nContent-Length: \(text.count)\r\n"
        if status == .notAllowed { head += "Allow: GET, HEAD\r\n" }
        return Array("\(head)Connection: close\r\n\r\n".utf8) + (headOnly ? [] : text)
    }
}
