import Testing

@testable import Daemon

@Suite("What receipts tell of the host")
struct VitalsTests {
    @Test("a line of pressure is read, and what is none is nothing")
    func pressure() {
        #expect(HostVitals.pressure(in: "some avg10=1.25 avg60=0.80 avg300=0.10 total=12345") == 1.25)
        for line in ["", "some", "full avg10=1.25", "some avg60=1", "some avg10=x", "some avg10=1000"] {
            #expect(HostVitals.pressure(in: line) == nil)
        }
    }

    @Test("the host has a name, a kernel and processors, and is told alike within a second")
    func host() {
        let vitals = HostVitals()
        let host = vitals.now
        #expect(!host.name.isEmpty && host.kernel.hasPrefix("Linux ") && host.cores > 0)
        #expect(vitals.now == host)
    }
}
