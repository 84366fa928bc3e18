import Report
import Testing

@Suite struct UnitsTests {
    @Test(arguments: [
        (0, "0"), (1, "1 ns"), (999, "999 ns"), (1000, "1.00 µs"), (9_994, "9.99 µs"), (9_996, "10.0 µs"),
        (247_123, "247 µs"), (999_499, "999 µs"), (999_500, "1.00 ms"), (12_345_678, "12.3 ms"),
        (5_810_000_000, "5.81 s"), (59_990_000_000, "60.0 s"), (60_000_000_000, "1 min"),
        (125_000_000_000, "2 min 5 s"),
        (720_000_000_000, "12 min"), (11_520_000_000_000, "3 h 12 min"), (705_600_000_000_000, "8 d 4 h"),
        (-1500, "-1.50 µs"),
    ])
    func `a duration has three significant digits up to a minute and two units beyond`(nanoseconds: Int, text: String) {
        #expect(Units.duration(nanoseconds) == text)
    }

    @Test func `a duration is spelled in ASCII where nothing else can be shown`() {
        #expect(Units.duration(1500, unicode: false) == "1.50 us")
    }

    @Test func `no duration is too long or too negative to be told`() {
        #expect(Units.duration(.max) == "106751 d 23 h")
        #expect(Units.duration(.min) == "-106751 d 23 h")
    }

    @Test(arguments: [
        (0, "0 B"), (512, "512 B"), (1023, "1023 B"), (1024, "1.00 KiB"), (8_388_608, "8.00 MiB"),
        (134_217_728, "128 MiB"),
        (1_048_063, "1023 KiB"), (1_048_064, "1.00 MiB"), (5_153_960_755, "4.80 GiB"), (.max, "8.00 EiB"),
    ])
    func `a size has three significant digits in powers of 1024`(count: Int, text: String) {
        #expect(Units.bytes(count) == text)
    }

    @Test func `a rate is bytes or things in a second`() {
        #expect(Units.rate(bytes: 134_217_728, in: 26_012_345) == "4.81 GiB/s")
        #expect(Units.rate(bytes: 1, in: 0) == nil)
        #expect(Units.rate(count: 1_000_000, in: 40_000_000) == "25.0 million/s")
        #expect(Units.rate(count: 999_999, in: 1_000_000_000) == "1.00 million/s")
        #expect(Units.rate(count: 2, in: 1_000_000) == "2,000/s")
        #expect(Units.rate(count: 16, in: 25_000_000_000) == "0.64/s")
        #expect(Units.rate(count: 5, in: 0) == nil)
    }

    @Test(arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_000_000, "1,000,000"), (-12_345, "-12,345")])
    func `thousands are set apart`(number: Int, text: String) {
        #expect(Units.grouped(number) == text)
    }

    @Test func `a share has one decimal, and one that is there never reads as none`() {
        #expect(Units.percent(998, of: 1000) == "99.8 %")
        #expect(Units.percent(1, of: 1_000_000) == "<0.1 %")
        #expect(Units.percent(0, of: 1000) == "0.0 %")
        #expect(Units.percent(0, of: 0) == "0.0 %")
    }

    @Test func `a decimal is rounded, and what is no number reads as a dash`() {
        #expect(Units.fixed(3.776, decimals: 2) == "3.78")
        #expect(Units.fixed(0.05, decimals: 2) == "0.05")
        #expect(Units.fixed(-0.5, decimals: 1) == "-0.5")
        #expect(Units.fixed(2.5, decimals: 0) == "3")
        #expect(Units.fixed(.infinity, decimals: 2) == "-")
        #expect(Units.fixed(.nan, decimals: 2) == "-")
    }

    @Test func `nouns follow their number`() {
        #expect(Units.counted(1, "process") == "1 process")
        #expect(Units.counted(4, "process") == "4 processes")
        #expect(Units.counted(2000, "task") == "2,000 tasks")
    }
}
