import Foundation
import Testing

extension ServiceTests {
    @Suite("The package")
    struct PackageTests {
        @Test("listens once it is installed, and starts nothing by itself", arguments: Box.System.all)
        func installed(system: Box.System) throws {
            let service = try Service.fresh(on: system)
            #expect(try service.box.check("systemctl is-active pard.socket") == "active")
            #expect(try service.box.check("systemctl is-enabled pard.socket") == "enabled")
            #expect(try service.property("ActiveState") == "inactive")
            #expect(try service.box.check("stat --format='%a %G' /run/pard/pard.sock") == "660 pard")
            for page in ["man1/parctl.1", "man8/pard.8", "man5/pard.yaml.5"] {
                #expect(try service.box.run("test -s /usr/share/man/\(page).gz").status == 0, "\(page)")
            }
            for file in [
                "include/par.h", "include/par-lease.h", "libexec/pard/libparlease.so",
                "lib/python3/dist-packages/pard/__init__.py",
            ] {
                #expect(try service.box.run("test -s /usr/\(file)").status == 0, "\(file)")
            }
            #expect(try service.box.run("test -s /usr/lib/*/libparlease.a").status == 0)
            #expect(try service.box.check("dpkg --verify pard") == "")
            // What an older systemd doesn't know, it is not told.
            let version = try service.box.check("dpkg-query --show --showformat='${Version}' systemd")
            let isNew = try service.box.run("dpkg --compare-versions \(version) ge 253").status == 0
            #expect(try service.waitsForReload == isNew)
        }

        @Test(
            "is tested on Debian 13 as well",
            .enabled(if: Box.trixieTree != nil, "PARD_TRIXIE names no tree of Debian 13: Tests/run makes one"))
        func onTrixie() throws {
            #expect(try Box.shared(.trixie).check("cat /etc/debian_version").hasPrefix("13"))
        }

        @Test("has no fault that lintian knows of", .enabled(if: lintian != nil, "lintian is not here"))
        func lintianAgrees() throws {
            let lintian = try #require(Self.lintian)
            let outcome = try Command(lintian, ["--allow-root", try #require(Box.package)]).outcome()
            #expect(outcome.output == "")
            #expect(outcome.status == 0)
        }

        private static let lintian = ["/usr/bin/lintian"].first { FileManager.default.isExecutableFile(atPath: $0) }

        @Test("puts the new daemon in the place of a running one when it is installed again, and lets runs finish")
        func upgraded() throws {
            let service = try Service.fresh()
            let run = try service.box.start("parctl run sleep --for 400ms --tasks 20 --threads 2", as: "alice")
            #expect(try eventually { try service.status.jobsRunning == 1 })
            let before = try service.mainPID
            try service.box.install(again: true)
            #expect(try run.outcome().status == 0)
            #expect(try service.property("ActiveState") == "active")
            #expect(try service.mainPID != before)
            try service.box.check("systemctl stop pard.service")
            try service.box.install(again: true)
            #expect(try service.property("ActiveState") == "inactive")
        }

        @Test("leaves nothing behind when it is purged, even while runs are going on", arguments: Box.System.all)
        func purged(system: Box.System) throws {
            let service = try Service.fresh(on: system, settings: "drain-time: 500ms")
            // The tests after this one need it, however this one ends.
            defer {
                do { try service.box.installAnew() } catch { Issue.record(error, "it could not be installed again") }
            }
            let run = try service.box.start("parctl run sleep --for 1m --threads 4", as: "alice")
            #expect(try eventually { try service.status.jobsRunning == 1 })
            try service.box.check("rm -r /etc/systemd/system/pard.service.d /root/pard.yaml")
            try service.box.check("DEBIAN_FRONTEND=noninteractive apt-get purge --yes pard")
            #expect(try run.outcome().status == 130)
            // systemd removes the temporary directories of a unit that has ended when it finds the time.
            var left: [Substring] = []
            _ = try eventually {
                left = try service.box.ownFiles
                return left.isEmpty
            }
            #expect(left == [])
            #expect(try service.box.run("grep -w pard /etc/passwd /etc/group /etc/shadow /etc/gshadow").output == "")
            #expect(try service.box.check("systemctl list-units --all --no-legend 'pard*'") == "")
            #expect(try service.box.check("journalctl --list-catalog").contains("pard") == false)
            #expect(try service.box.run("grep -lsx pard /proc/[0-9]*/comm").output == "")
        }
    }
}
