import Bytes

extension Definition {
    public static let download = Definition(
        "download",
        summary: "download many URLs",
        text: """
            A task gets one URL over HTTP or HTTPS with libcurl, follows redirects, checks certificates, and throws the body \
            away or, with --output, saves it under the last part of the URL's path. A name that comes twice gets a number at \
            its end. Where a file of the name is there already, the task fails, unless --overwrite replaces the file or \
            --skip-existing leaves it as it is without asking the server. Each worker keeps its connections open for \
            the next task and the next run, so a warm worker may need no connecting; the receipt counts the new ones. Times \
            until the name was looked up, the connection and TLS were there and the first byte came are curl's, from the \
            request's beginning. A task fails with curl's own reason, on a status of 400 or above, or on a body above \
            --max-size. Name URLs as words, in a file with --from, or with - on standard input; a single one is got as \
            often as --tasks says. Proxies are those of the daemon's environment.
            """,
        unit: "bytes", runtime: RuntimeName.curl, input: .url, permissions: [.addresses],
        options: [
            Option("overwrite", .flag, "replace files that are there"),
            Option("skip-existing", .flag, "don't get what there is a file of already"),
        ] + webLimits + [
            Option(
                "output", .path, in: 0...1024,
                "folder to keep the files in; parctl makes it (default: they are thrown away)")
        ],
        exclusions: [
            Exclusion(
                "skip-existing", beside: "overwrite", expected: "no overwrite beside it: a file is replaced or left")
        ],
        detail: fetchDetail, failures: FetchFailure.kinds,
        examples: [
            "download --threads 8 --output pages https://example.org/a https://example.org/b",
            "download --from urls.txt --max-time 10s --records",
            "download http://localhost:8080/ --tasks 100 --json",
        ])

    public static let api = Definition(
        "api",
        summary: "send a request with a JSON body for each of many tasks",
        text: """
            A task sends one request over HTTP or HTTPS with libcurl as 'download' does, with a method, headers and a JSON \
            body of its own. It throws the response's body away or, with --output, saves it in a file that is called by the \
            task's number, from 1. The first word is the URL and each further one the body of \
            a task; without any, one request is sent that has none. @ and a file's name stand for the URL or the body in it, \
            which nobody sees in a list of processes then. No receipt, record or picture has a URL's user and password, the values in its query, or \
            what headers and bodies hold. A task whose worker died is not sent again, as the server \
            may have taken it.
            """,
        unit: "bytes", rerun: false, runtime: RuntimeName.curl, input: .request, permissions: [.addresses],
        options: [
            Option("method", oneOf: WebMethod.names, WebMethod.names.joined(separator: ", ")),
            Option("overwrite", .flag, "replace files that are there"),
        ] + webLimits + [
            Option(
                "output", .path, in: 0...1024,
                "folder to keep the responses in, as 1, 2, ...; parctl makes it (default: they are thrown away)")
        ],
        detail: fetchDetail, failures: FetchFailure.kinds,
        examples: [
            "api http://localhost:8080/items --method POST '{\"n\": 1}' '{\"n\": 2}'",
            "api http://localhost:8080/search --output answers '{\"q\": \"a\"}' '{\"q\": \"b\"}'",
            "api http://localhost:8080/items --method PUT --header @token.txt --from bodies.jsonl",
        ])

    private static let webLimits = [
        Option(
            "connect-timeout", .duration, default: "10s", in: 1_000_000...longestTime, "how long connecting may take"),
        Option(
            "max-time", .duration, default: "60s", in: 1_000_000...longestTime, "how long each request may take in all"),
        Option("max-size", .size, default: "1GiB", in: 0...1 << 40, "the largest body"),
    ]

    /// What a server answered, and how long it took. Times are nanoseconds since the request's beginning, over all
    /// redirects together; 0 for what did not happen. On a connection that was open there was nothing to be looked up,
    /// connected or agreed on.
    private static let fetchDetail = Detail(
        "fetch",
        columns: [
            Column("status"), Column("bytes", "bytes"), Column("redirects"),
            Column("connections", "connections", summary: .init("new connections", over: ["status"])),
            Column("lookup", "ns", summary: .init("name look-up", over: ["status", "connections"])),
            Column("connect", "ns", summary: .init("connect", over: ["status", "connections"])),
            Column("tls", "ns", summary: .init("TLS", over: ["status", "connections", "tls"])),
            Column("first_byte", "ns", summary: .init("first byte", over: ["status"])),
        ],
        reasonBytes: 176)
}

/// Why tasks of `download` and `api` fail.
public enum FetchFailure: UInt16, FailureTable {
    /// libcurl is missing.
    case load = 1
    case create
    /// There is a file of its name.
    case exists
    case write
    /// No whole response came; why, the library says.
    case request
    /// The response's status says that there is not what was asked for.
    case status
    case size

    public var text: String {
        switch self {
        case .load: "libcurl.so.4 can't be used: install Debian's package libcurl4, then recycle the pool"
        case .create: "creating the file"
        case .exists: "there is a file of that name already: --overwrite replaces it"
        case .write: "writing the file"
        case .request: "the request failed"
        case .status: "the server answered with status"
        case .size: "the body is larger than --max-size"
        }
    }

    public var code: FailureKind.Code {
        switch self {
        case .create, .write: .errno
        case .status: .number
        case .load, .exists, .request, .size: .none
        }
    }
}

/// The methods of HTTP that `api` can use.
public enum WebMethod {
    /// By their places among the choices of `--method`.
    public static let names = ["POST", "GET", "PUT", "PATCH", "DELETE", "HEAD"]
}

/// The addresses that `download` and `api` take: absolute ones of HTTP.
public enum WebAddress {
    /// The longest one, in bytes.
    public static let longest = 8192

    /// What is wrong with `text`, to be said after it; nil where nothing is. The server may still not be there.
    public static func fault(in text: String) -> String? {
        guard text.utf8.count <= longest else { return "is longer than \(longest) bytes" }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            return "has a space or a control character in it: write it as %20 or the like"
        }
        guard let end = text.schemeSign else {
            return "is not a URL: write it in full, as http://host/path or https://host/path"
        }
        let scheme = text[..<end.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else {
            // Behind an @ there was a password.
            return scheme.contains("@")
                ? "is not a URL: write it in full, as http://host/path or https://host/path"
                : "begins with '\(scheme):': only http and https work here"
        }
        let authority = text[end.upperBound...].prefix { !"/?#".contains($0) }
        let place = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? ""
        let (host, port) = split(place)
        guard !host.isEmpty else { return "has no host in it" }
        guard let port else { return nil }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(port),
            (1...65_535).contains(number)
        else {
            // It may be the password of somebody whose signs are not written as they should be.
            guard !text[end.upperBound...].contains("@") else {
                return
                    "has a port that is no number from 1 to 65535; in a user or password, write / ? # @ and : as %2F, %3F, "
                    + "%23, %40 and %3A"
            }
            return "has the port '\(port)': it is a number from 1 to 65535"
        }
        return nil
    }

    /// What is wrong with all of `texts`, by the first; nil where any can be asked, as those that can't fail alone.
    public static func fault(inAllOf texts: some Sequence<String>) -> (text: String, fault: String)? {
        var first: (String, String)?
        for text in texts {
            guard let fault = fault(in: text) else { return nil }
            first = first ?? (text, fault)
        }
        return first
    }

    /// Host and port; an IPv6 address is in brackets.
    private static func split(_ place: Substring) -> (host: Substring, port: Substring?) {
        let colon =
            place.hasPrefix("[")
            ? place.lastIndex(of: "]").flatMap { end in place[end...].firstIndex(of: ":") } : place.lastIndex(of: ":")
        guard let colon else { return (place, nil) }
        return (place[..<colon], place[place.index(after: colon)...])
    }

    /// Whether `text` can be a header of a request: a name, a colon, and a value on the same line.
    public static func isHeader(_ text: String) -> Bool {
        let name = text.utf8.prefix { $0 != UInt8(ascii: ":") }
        guard name.count < text.utf8.count, !name.isEmpty else { return false }
        return name.allSatisfy { $0 > 0x20 && $0 < 0x7f } && text.utf8.allSatisfy { $0 >= 0x20 || $0 == 0x09 }
    }

    /// A name for the file of what is at `text`, which is no path and stays in its directory: the last part of the URL's
    /// path, or `index.html`.
    public static func fileName(of text: String) -> String {
        // By bytes: there may be hundreds of thousands of them in one call.
        let rest = text.utf8[(text.schemeSign?.upperBound ?? text.startIndex)...]
        let path = rest.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
        let last = path.lastIndex(of: UInt8(ascii: "/")).map { path[path.index(after: $0)...] } ?? path.prefix(0)
        let bytes = decoded(Substring(last)).map { byte in
            // Nothing that leads elsewhere, and nothing that a terminal would obey.
            byte < 0x20 || byte == 0x7f || byte == UInt8(ascii: "/") ? UInt8(ascii: "_") : byte
        }
        var name = String.UnicodeScalarView()
        var count = 0
        for scalar in String(bytes: bytes).unicodeScalars {
            // Its bytes need not be UTF-8.
            count += ByteText.byte(of: scalar) == nil ? UTF8.width(scalar) : 1
            if count > longestName { break }
            // A name that begins with a dot is hidden, or names a directory.
            name.append(name.isEmpty && scalar == "." ? "_" : scalar)
        }
        return name.isEmpty ? "index.html" : String(name)
    }

    /// With room for what tells two of one name apart, and below what file systems take.
    private static let longestName = 200

    /// `text` with its %XX read; one that is none stands for itself.
    private static func decoded(_ text: Substring) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = String(text).bytes[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if digits.utf8.count == 2, let value = UInt8(digits, radix: 16), !digits.hasPrefix("+") {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
