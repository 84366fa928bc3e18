import Foundation
import Testing

extension EndToEnd {
    /// The page in a real browser, which is talked to over its debugging pipe.
    @Suite("The page in Chromium")
    struct BrowserTests {
        static let chromium = ["/usr/bin/chromium", "/usr/bin/google-chrome"].first {
            FileManager.default.isExecutableFile(atPath: $0)
        }

        /// Opens a page at a width in a colour scheme, moves the focus over its bars, and says what it saw as JSON.
        private static let script = """
            import json, os, subprocess, sys

            chromium, folder, path, width, scheme = sys.argv[1:]
            theirs_in, ours_out = os.pipe()
            ours_in, theirs_out = os.pipe()

            def give():
                # The browser reads commands from 3 and writes replies to 4; both may be taken just now.
                one, other = os.dup(theirs_in), os.dup(theirs_out)
                high = [os.dup2(one, 200), os.dup2(other, 201)]
                os.dup2(high[0], 3)
                os.dup2(high[1], 4)

            browser = subprocess.Popen(
                [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--user-data-dir=" + folder + "/profile", "--remote-debugging-pipe", "about:blank"],
                preexec_fn=give, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL)
            os.close(theirs_in)
            os.close(theirs_out)
            rest, events, number = b"", [], 0

            def receive():
                global rest
                while b"\\0" not in rest:
                    piece = os.read(ours_in, 1 << 16)
                    if not piece:
                        raise SystemExit("the browser went away")
                    rest += piece
                message, rest = rest.split(b"\\0", 1)
                return json.loads(message)

            def call(method, session=None, **parameters):
                global number
                number += 1
                message = {"id": number, "method": method, "params": parameters}
                if session:
                    message["sessionId"] = session
                os.write(ours_out, json.dumps(message).encode() + b"\\0")
                while True:
                    reply = receive()
                    if reply.get("id") == number:
                        return reply["result"]
                    events.append(reply)

            target = call("Target.createTarget", url="about:blank")["targetId"]
            page = call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            for domain in ("Page", "Runtime", "Log", "Network"):
                call(domain + ".enable", page)
            call("Emulation.setDeviceMetricsOverride", page, width=int(width), height=844, deviceScaleFactor=1,
                 mobile=int(width) < 500)
            call("Emulation.setEmulatedMedia", page, features=[{"name": "prefers-color-scheme", "value": scheme}])
            call("Page.navigate", page, url="file://" + path)
            while not any(event["method"] == "Page.loadEventFired" for event in events):
                events.append(receive())

            def evaluate(expression):
                result = call("Runtime.evaluate", page, expression=expression, returnByValue=True)
                if "exceptionDetails" in result:
                    raise SystemExit(result["exceptionDetails"])
                return result["result"].get("value")

            def press(key):
                for kind in ("keyDown", "keyUp"):
                    call("Input.dispatchKeyEvent", page, type=kind, key=key, code=key,
                         windowsVirtualKeyCode={"Tab": 9, "ArrowRight": 39, "ArrowDown": 40, "Escape": 27}[key])
                return evaluate("document.getElementById('figures').textContent")

            overflow = ("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            report = {"overflow": evaluate(overflow)}
            report["background"] = evaluate("getComputedStyle(document.body).backgroundColor")
            for _ in range(20):
                report["first"] = press("Tab")
                if report["first"]:
                    break
            report["next"] = press("ArrowRight")
            report["below"] = press("ArrowDown")
            report["none"] = press("Escape")
            box = evaluate("(() => { const b = document.querySelector('.plot .bar'); b.scrollIntoView({block: 'center'});"
                           " const r = b.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()")
            call("Input.dispatchMouseEvent", page, type="mouseMoved", x=box[0], y=box[1])
            report["hovered"] = evaluate("document.getElementById('figures').textContent")
            report["hacked"] = evaluate("typeof hacked !== 'undefined'")
            report["bars"] = evaluate("document.querySelectorAll('.workers .bar').length")
            # A4 less its margins.
            call("Emulation.setDeviceMetricsOverride", page, width=718, height=1000, deviceScaleFactor=1, mobile=False)
            call("Emulation.setEmulatedMedia", page, media="print",
                 features=[{"name": "prefers-color-scheme", "value": scheme}])
            report["paper"] = evaluate("getComputedStyle(document.body).backgroundColor")
            report["printOverflow"] = evaluate(overflow)
            report["errors"] = [
                event["params"] for event in events
                if event["method"] == "Runtime.exceptionThrown"
                or event["method"] == "Log.entryAdded" and event["params"]["entry"]["level"] == "error"
                or event["method"] == "Runtime.consoleAPICalled" and event["params"]["type"] in ("error", "assert")]
            report["requests"] = [
                event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
            call("Browser.close")
            browser.wait()
            report["errors"] = [json.dumps(error) for error in report["errors"]]
            print(json.dumps(report))
            """

        private struct Report: Decodable {
            var overflow: Int, background: String, first: String, next: String, below: String, none: String
            var hovered: String, hacked: Bool, bars: Int, printOverflow: Int, paper: String, errors: [String],
                requests: [String]
        }

        private func look(at path: String, _ width: Int, _ scheme: String, in fixture: Fixture) throws -> Report {
            let chromium = try #require(Self.chromium)
            let python = try Child(
                "/usr/bin/env",
                ["python3", "-c", Self.script, chromium, fixture.folder, path, String(width), scheme],
                environment: fixture.environment(["HOME": fixture.folder]))
            let end = python.end(within: 120)
            try #require(python.output.isOver(within: 10) && python.errors.isOver(within: 10))
            try #require(end == .exit(0), "\(python.errors.text)")
            return try JSONDecoder().decode(Report.self, from: python.output.data)
        }

        @Test(
            "fits a phone and a desktop, shows a task's figures to the keyboard and the pointer, and needs no network",
            .enabled(if: chromium != nil, "there is no Chromium"), arguments: [390, 1280], ["light", "dark"])
        func page(width: Int, scheme: String) throws {
            try Daemon.run { daemon in
                // A path that would be a script, if anything were left as it is.
                let dir = daemon.fixture.folder + "/\"><script>hacked=1</script>"
                try FileManager.default.createDirectory(atPath: dir, withIntermediateDirectories: true)
                let path = daemon.fixture.folder + "/page.html"
                let outcome = try daemon.parctl("run io --size 64KiB --threads 2 --tasks 8 --dir \(dir) --html \(path)")
                #expect(outcome.status == 0)
                let report = try look(at: path, width, scheme, in: daemon.fixture)
                #expect(report.overflow == 0)
                #expect(report.printOverflow == 0)
                #expect(report.paper == "rgb(255, 255, 255)")
                #expect(report.background == (scheme == "dark" ? "rgb(20, 24, 31)" : "rgb(255, 255, 255)"))
                #expect(report.errors == [])
                #expect(!report.hacked)
                #expect(report.bars == 8)
                for figures in [report.first, report.next, report.below, report.hovered] {
                    #expect(figures.contains("worker") && figures.contains("CPU") && figures.contains("took"))
                }
                #expect(Set([report.first, report.next, report.below]).count > 1)
                #expect(report.none == "")
                #expect(report.requests.allSatisfy { $0 == "file://\(path)" || $0.hasPrefix("data:") })
                try daemon.fixture.removeFiles()
                try #require(FileManager.default.fileExists(atPath: daemon.fixture.folder))
            }
        }

        @Test(
            "fits a phone with a comparison on it", .enabled(if: chromium != nil, "there is no Chromium"),
            arguments: [390, 1280])
        func comparison(width: Int) throws {
            try Daemon.run { daemon in
                let path = daemon.fixture.folder + "/page.html"
                let outcome = try daemon.parctl("compare sleep --for 1ms -r 2 --tasks 8 --html \(path)")
                #expect(outcome.status == 0)
                let report = try look(at: path, width, "light", in: daemon.fixture)
                #expect(report.overflow == 0)
                #expect(report.printOverflow == 0)
                #expect(report.errors == [])
                #expect(report.bars == 5 * 2 * 8)
                #expect(report.first.contains("task 1 on worker 1"))
                try daemon.fixture.removeFiles()
            }
        }
    }
}
