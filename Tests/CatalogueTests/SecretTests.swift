import Catalogue
import Testing

@Suite("Secrets")
struct SecretTests {
    @Test(
        "are left out of URLs: users and passwords",
        arguments: [
            ("http://user:secret@host:1/a?b@c", "http://***@host:1/a?***"), ("http://secret@host/", "http://***@host/"),
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
        "are left out of URLs: the values of a query, but not their names",
        arguments: [
            ("http://host/a?api_key=secret", "http://host/a?api_key=***"),
            ("https://host/a?page=2&token=se=cret&flag#part", "https://host/a?page=***&token=***&flag#part"),
            ("https://host?secret", "https://host?***"),
            ("https://host/#access_token=secret&x", "https://host/#access_token=***&x"),
            ("https://host/?a=se?cret&b=secret", "https://host/?a=***&b=***"),
            ("curl -s 'http://h/?k=secret' http://h/?k=secret|wc -l", "curl -s 'http://h/?k=***' http://h/?k=*** -l"),
            ("http://h/?id={}&key=secret&n={1}", "http://h/?id={}&key=***&n={1}"),
            ("http://u:secret@h/?k=secret", "http://***@h/?k=***"),
            ("http://h/?next=http://x/?k=secret", "http://h/?next=***"),
        ])
    func queries(text: String, shown: String) {
        #expect(Secrets.hidden(in: text) == shown)
        #expect(Secrets.hidden(in: shown) == shown)
    }

    @Test(
        "are not seen where there are none",
        arguments: [
            "", "a@b", "http://host/@scope/x", "http://host:80/@scope", "http://[::1]:80/@x", "http://[::1]/@x",
            "echo http://a/ b@c", "http://", "git@host:x", "://@", "http://host/?", "http://host/#part", "what? a # b",
            "http://h/?q={}",
            "see http://host/a, and why? k=v",
        ])
    func plain(text: String) {
        #expect(Secrets.hidden(in: text) == (text == "://@" ? "://***@" : text))
    }

    @Test("are left out of what is no URL, too, where it should be one")
    func noURL() {
        #expect(Secrets.hidden(inAddress: "user:secret@host/x") == "***@host/x")
        #expect(Secrets.hidden(inAddress: "host/x") == "host/x")
        #expect(Secrets.hidden(inAddress: "host/x?k=secret") == "host/x?k=***")
        #expect(WebAddress.fault(in: "user:secret@http://host")?.contains("secret") == false)
    }
}
