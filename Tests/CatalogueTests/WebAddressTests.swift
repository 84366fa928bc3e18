import Catalogue
import Testing

@Suite("Web addresses")
struct WebAddressTests {
    @Test(
        "are taken when a server could be asked by them",
        arguments: [
            "http://host", "https://host/", "HTTP://host:8080/a?b#c", "http://[::1]:80/", "http://[::1]",
            "http://user:secret@host:1/", "http://host/a:b@c", "http://bücher.example/ä",
        ])
    func sound(text: String) {
        #expect(WebAddress.fault(in: text) == nil)
    }

    @Test(
        "are refused when none could",
        arguments: [
            "", "host", "ftp://host/", "file:///etc/passwd", "http://", "http:///path", "http://:80/", "http://host:/",
            "http://host:0/", "http://host:65536/", "http://host:8o/", "http://host/a b", "http://host/\u{7}",
            "http://host/\n", "http://user@/", "http://" + String(repeating: "a", count: 9000),
        ])
    func unsound(text: String) {
        #expect(WebAddress.fault(in: text) != nil)
    }

    @Test(
        "name a file by the last part of their path, and never one elsewhere",
        arguments: [
            ("http://host/a/b.html?c=d/e#f", "b.html"), ("http://host", "index.html"), ("http://host/a/", "index.html"),
            ("http://host/a%20b", "a b"), ("http://host/%2fetc%2Fpasswd", "_etc_passwd"), ("http://host/..", "_."),
            ("http://host/%2e%2e", "_."), ("http://host/.bashrc", "_bashrc"), ("http://host/a%00b%0a", "a_b_"),
            ("http://host/100%", "100%"), ("http://host/%zz%+1", "%zz%+1"), ("http://host/?a/b", "index.html"),
        ])
    func fileNames(url: String, name: String) {
        #expect(WebAddress.fileName(of: url) == name)
    }

    @Test("name files that file systems take, however long they are")
    func longNames() {
        let name = WebAddress.fileName(of: "http://host/" + String(repeating: "ä", count: 4000))
        #expect(name.utf8.count <= 200 && !name.isEmpty)
    }

    @Test("go with headers that stay on their line")
    func headers() {
        for text in ["A: b", "X-Y:z", "Empty:", "A: ü"] { #expect(WebAddress.isHeader(text)) }
        for text in ["", "A", ": b", "A b: c", "A: b\r\nC: d", "A: b\nC: d", "A\u{0}: b"] {
            #expect(!WebAddress.isHeader(text))
        }
    }
}
