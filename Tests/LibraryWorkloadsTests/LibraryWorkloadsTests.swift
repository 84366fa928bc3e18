import CLibraries
import Catalogue
import Glibc
import Ledger
import Linux
import Synchronization
import Testing
import Workers
import Workloads

@testable import LibraryWorkloads

@Suite("Matrices")
struct MatricesTests {
    @Test("that have not been multiplied are no product, whatever stands in them", arguments: [2, 37])
    func unmultiplied(size: Int) throws {
        #expect(try !Matrices<Double>(size: size).isProduct)
        #expect(try !Matrices<Float>(size: size).isProduct)
    }

    @Test("that are larger than any memory are refused with the system's reason")
    func tooLarge() throws {
        let error = #expect(throws: SystemError.self) { try Matrices<Double>(size: 1 << 24) }
        #expect(error?.call == "mmap" && error?.errno.rawValue == ENOMEM)
    }
}

@Suite("OpenBLAS", .serialized, .enabled(if: BLAS.shared != nil, "OpenBLAS is not installed"))
struct BLASTests {
    @Test("multiplies matrices of either type as plain loops do", arguments: [1, 2, 37, 64])
    func product(size: Int) throws {
        let blas = try #require(BLAS.shared)
        let doubles = try Matrices<Double>(size: size)
        doubles.multiply(by: blas)
        #expect(doubles.isProduct)
        let floats = try Matrices<Float>(size: size)
        floats.multiply(by: blas)
        #expect(floats.isProduct)
    }

    @Test("computes on as many threads as it is told")
    func threads() throws {
        let blas = try #require(BLAS.shared)
        defer { blas.threads = blas.defaultThreads }
        for count in [1, 2] {
            blas.threads = count
            #expect(blas.threads == count)
        }
    }

    @Test("has a task of dot return the operations of its product, and tell its threads")
    func dot() throws {
        let arena = try Arena(slotCount: 1, jobBytes: 1 << 16)
        defer { extendLifetime(arena) }
        var plan = JobPlan(job: 9, tasks: 1, workload: 0, crew: 1, cpuInterval: 0, rings: false)
        plan.detailBytes = 8
        plan.detailColumns = 1
        let job = arena.job(at: arena.jobsOffset)
        var arguments = ArgumentBlock()
        try arguments.add("size", 100)
        try arguments.add("blas-threads", 1)
        job.prepare(plan, arguments: arguments)
        var dot = Dot<Float>(JobArguments(of: job))
        #expect(try dot.run(TaskContext(task: 0, of: job)) == 2_000_000)
        #expect(job.detail(0).load(as: Int64.self) == 1)
    }

    @Test("is not taken for what lacks its functions, or is not there", arguments: ["libm.so.6", "libnowhere.so.0"])
    func lacking(file: String) {
        var functions = par_blas()
        #expect(par_blas_load(file, &functions) == -1)
    }
}

/// Whether libcurl can be used; starting it changes what SIGPIPE does, which is put back.
private let hasCurl: Bool = {
    var before = sigaction()
    sigaction(SIGPIPE, nil, &before)
    defer { sigaction(SIGPIPE, &before, nil) }
    return Curl.shared != nil
}()

@Suite("libcurl", .serialized, .enabled(if: hasCurl, "libcurl is not installed"))
struct CurlTests {
    private func response(of url: String, cancelled: UInt32 = 0) throws -> par_response {
        let client = try #require(HTTPClient())
        let word = Futex.Word.allocate(capacity: 1)
        word.initialize(to: Atomic(cancelled))
        defer {
            word.deinitialize(count: 1)
            word.deallocate()
        }
        return url.withCString { url in
            client.fetch(
                HTTPClient.Request(
                    url: url, method: "GET", headers: [], body: nil,
                    limits: .init(bytes: 1000, connectMilliseconds: 2000, milliseconds: 5000)), into: -1, unless: word)
        }
    }

    /// The reason that it gives, which ends with a NUL.
    private func reason(_ response: par_response) -> String {
        withUnsafeBytes(of: response.error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }

    @Test("asks nobody but web servers", arguments: ["file:///etc/hostname", "ftp://127.0.0.1/x", "nothing://x"])
    func schemes(url: String) throws {
        let response = try response(of: url)
        #expect(response.end == PAR_FETCH_FAILED && response.status == 0 && response.connections == 0)
        #expect(reason(response).contains("rotocol"), "\(reason(response))")
    }

    @Test("says why there is no response where nobody listens")
    func refused() throws {
        // A port that was free a moment ago.
        let listener = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(listener.raw, $0, size) == 0 && getsockname(listener.raw, $0, &size) == 0
            }
        }
        try #require(isBound)
        let response = try response(of: "http://127.0.0.1:\(UInt16(bigEndian: address.sin_port))/")
        #expect(response.end == PAR_FETCH_FAILED && response.bytes == 0)
        #expect(reason(response).contains("connect"), "\(reason(response))")
    }
}

@Suite("A runtime with a library")
struct LibraryRuntimesTests {
    @Test("that this program doesn't have is refused by its name", arguments: [[], ["cuda"]])
    func unknown(arguments: [String]) {
        let fault = #expect(throws: RuntimeFault.self) { try LibraryRuntimes.prepare(arguments) }
        #expect(fault?.description == "this program has no runtime \(arguments.first ?? "")")
    }

    @Test("can't load a library that is not there, and says which")
    func missing() {
        let fault = #expect(throws: RuntimeFault.self) { try LibraryLoading.open("libnowhere.so.0") }
        #expect(fault?.description.contains("libnowhere.so.0") == true)
    }
}
