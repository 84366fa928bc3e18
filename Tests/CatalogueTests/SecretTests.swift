import Catalogue
import Testing

@Suite("Secrets")
struct SecretTests {
    @Test(
        "are left out of URLs: users and passwords",
        arguments: [
            ("http://user:secret@host:1/a?b@c", "http://***@host:1/a?b@c"), ("http://secret@host/", "http://***@host/"),
            ("curl -s 'https://u:secret@h/x' ftp://u:secret@h", "curl -s 'https://***@h/x' ftp://***@h"),
            ("http://u:sec@ret@host/", "http://***@host/"),
            // Signs that should have been written otherwise.
            ("http://u:sec/ret@host/", "http://***@host/"), ("http://u:sec#ret@host", "http://***@host"),
            ("http://u:sec?ret@host", "http://***@host"),
        ])
    func hidden(text: String, shown: String) {
        #expect(Secrets.hidden(in: text) == shown)
        #expect(!(WebAddress.fault(in: text) ?? "").contains("sec"))
    }

    @Test(
        "are not seen where there are none",
        arguments: [
            "", "a@b", "http://host/@scope/x", "http://host:80/@scope", "http://[::1]:80/@x", "http://[::1]/@x",
            "echo http://a/ b@c", "http://", "git@host:x", "://@",
        ])
    func plain(text: String) {
        #expect(Secrets.hidden(in: text) == (text == "://@" ? "://***@" : text))
    }

    @Test("are left out of what is no URL, too, where it should be one")
    func noURL() {
        #expect(Secrets.hidden(inAddress: "user:secret@host/x") == "***@host/x")
        #expect(Secrets.hidden(inAddress: "host/x") == "host/x")
        #expect(WebAddress.fault(in: "user:secret@http://host")?.contains("secret") == false)
    }
}
