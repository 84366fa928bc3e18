// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target: warnings stop the build. Overlapping accesses are found by the compiler, and by the tests, which are
/// built for debugging; a release doesn't look for them again in every call.
let strict: [SwiftSetting] = [
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// Every program is linked by Swift's own linker. The system's warns of all that a static program can't do (dlopen, users'
/// names), as the libraries in it could; what of this package is static does none of it.
let linker: [LinkerSetting] = [.unsafeFlags(["-use-ld=lld"])]
/// A release has no symbols for others to bind to, and folds functions that are the same.
let small: LinkerSetting = .unsafeFlags(
    ["-Xlinker", "--no-export-dynamic", "-Xlinker", "--icf=safe"], .when(configuration: .release))

let package = Package(
    name: "par",
    products: [
        .executable(name: "pard", targets: ["pard"]),
        .executable(name: "parzygote", targets: ["parzygote"]),
        .executable(name: "parzygote-library", targets: ["parzygote-library"]),
        .library(name: "parpython", type: .dynamic, targets: ["parpython"]),
        .executable(name: "parctl", targets: ["parctl"]),
        .library(name: "parlease", type: .dynamic, targets: ["CLease"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "CLinux", path: "Sources/Base/CLinux"),
        .target(name: "CLibraries", path: "Sources/Worker/CLibraries"),
        .target(
            name: "CLease", dependencies: ["CStream"], path: "Sources/Client/CLease",
            // Who links it sees what par-lease.h declares, and nothing else of it.
            cSettings: [.unsafeFlags(["-fvisibility=hidden", "-Wall", "-Wextra", "-Werror"])]),
        .target(name: "CPar", path: "Sources/Worker/CPar"),
        .target(name: "CPython", dependencies: ["CPar"], path: "Sources/Worker/CPython"),
        .target(name: "CRuntime", path: "Sources/Daemon/CRuntime"),
        .systemLibrary(
            name: "CSystemd", path: "Sources/Daemon/CSystemd", pkgConfig: "libsystemd",
            providers: [.apt(["libsystemd-dev"])]),
        .target(name: "Bytes", path: "Sources/Base/Bytes", swiftSettings: strict),
        .target(
            name: "Linux",
            dependencies: ["Bytes", "CLinux", .product(name: "SystemPackage", package: "swift-system")],
            path: "Sources/Base/Linux",
            swiftSettings: strict),
        .target(name: "CStream", path: "Sources/Base/CStream"),
        .target(
            name: "Ledger", dependencies: ["Bytes", "CStream", "Linux"], path: "Sources/Base/Ledger",
            swiftSettings: strict),
        .target(
            name: "Timing",
            dependencies: [.product(name: "Histogram", package: "hdrhistogram-swift")], path: "Sources/Base/Timing",
            swiftSettings: strict),
        .target(
            name: "Catalogue", dependencies: ["Bytes"], path: "Sources/Base/Catalogue", swiftSettings: strict),
        .target(
            name: "Workloads", dependencies: ["Bytes", "CPar", "Catalogue", "Ledger", "Linux"],
            path: "Sources/Worker/Workloads",
            swiftSettings: strict),
        .target(
            name: "Workers", dependencies: ["CStream", "Catalogue", "Workloads", "Ledger", "Linux"],
            path: "Sources/Worker/Workers", swiftSettings: strict),
        .target(
            name: "LibraryWorkloads",
            dependencies: ["Bytes", "Catalogue", "CLibraries", "CPar", "Ledger", "Linux", "Workers", "Workloads"],
            path: "Sources/Worker/LibraryWorkloads",
            swiftSettings: strict),
        .target(name: "Sharing", path: "Sources/Daemon/Sharing", swiftSettings: strict),
        .target(
            name: "Scheduling", dependencies: ["Sharing", "Timing"], path: "Sources/Daemon/Scheduling",
            swiftSettings: strict),
        .target(
            name: "Pools", dependencies: ["Bytes", "Ledger", "Linux", "Scheduling", "Sharing", "Timing"],
            path: "Sources/Daemon/Pools",
            swiftSettings: strict),
        .target(
            name: "Varlink", dependencies: ["Bytes", "Linux"], path: "Sources/Base/Varlink", swiftSettings: strict),
        .target(
            name: "VarlinkServer",
            dependencies: [
                "Bytes", "CLinux", "Linux", "Sharing", "Varlink",
                .product(name: "SystemPackage", package: "swift-system"),
            ], path: "Sources/Daemon/VarlinkServer",
            swiftSettings: strict),
        .target(
            name: "Control",
            dependencies: ["Bytes", "Catalogue", "Varlink"], path: "Sources/Base/Control",
            resources: [.embedInCode("org.pard.Control.varlink")],
            swiftSettings: strict),
        .target(
            name: "Experiments", dependencies: ["Control", "Timing"], path: "Sources/Client/Experiments",
            swiftSettings: strict),
        .target(
            name: "Report",
            dependencies: ["Bytes", "Catalogue", "Control", "Experiments", "Timing", "Varlink"],
            path: "Sources/Client/Report",
            resources: [.embedInCode("Page/page.css"), .embedInCode("Page/page.js")],
            swiftSettings: strict),
        .target(
            name: "Journal",
            dependencies: ["Bytes", "CSystemd", "Linux", .product(name: "Logging", package: "swift-log")],
            path: "Sources/Daemon/Journal",
            swiftSettings: strict),
        .target(
            name: "Daemon",
            dependencies: [
                "Bytes", "CLinux", "Catalogue", "Control", "Journal", "Linux", "Pools", "Scheduling", "Timing",
                "VarlinkServer", "Workloads",
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], path: "Sources/Daemon/Daemon",
            swiftSettings: strict),
        .executableTarget(
            name: "pard",
            dependencies: [
                "Bytes", "CRuntime", "Daemon", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "Sources/Daemon/pard",
            swiftSettings: strict, linkerSettings: linker + [small]),
        .executableTarget(
            name: "parzygote", dependencies: ["Linux", "Workers"], path: "Sources/Worker/parzygote",
            swiftSettings: strict,
            // Fully static: a fork has a third fewer pages to copy, and nothing is bound or relocated in the child.
            linkerSettings: linker + [.unsafeFlags(["-static-executable"], .when(configuration: .release))]),
        .executableTarget(
            name: "parzygote-library", dependencies: ["LibraryWorkloads", "Linux", "Workers"],
            path: "Sources/Worker/parzygote-library", swiftSettings: strict,
            linkerSettings: linker),
        .target(
            name: "parpython",
            dependencies: ["Bytes", "CPython", "Catalogue", "Ledger", "Linux", "Workers", "Workloads"],
            path: "Sources/Worker/parpython", exclude: ["exports.map"],
            resources: [
                .embedInCode("parpython.py"), .embedInCode("parcalls.py"), .embedInCode("script.py"),
                .embedInCode("script_order.py"), .embedInCode("script_process.py"), .embedInCode("script_line.py"),
                .embedInCode("script_start.py"), .embedInCode("script_end.py"), .embedInCode("script_imports.py"),
            ],
            swiftSettings: strict,
            // An interpreter may have other libraries with the same names in them. `--static-swift-stdlib` is for programs only.
            linkerSettings: linker + [
                .unsafeFlags([
                    "-Xlinker", "--version-script=\(Context.packageDirectory)/Sources/Worker/parpython/exports.map",
                ]),
                .unsafeFlags(["-static-stdlib"], .when(configuration: .release)),
            ]),
        .executableTarget(
            name: "parctl",
            dependencies: [
                "Bytes", "Catalogue", "Control", "Experiments", "Linux", "Report", "Timing", "Varlink",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            path: "ctl",
            exclude: ["quickstart"],
            swiftSettings: strict,
            // A fully static program needs no relocations and starts in a third of the time; the two
            // libraries complete the static Foundation where `--static-swift-stdlib` is not given.
            linkerSettings: linker + [
                .unsafeFlags(
                    ["-static-executable", "-l_FoundationCShims", "-l_FoundationCollections"],
                    .when(configuration: .release))
            ]),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "CLease", "Catalogue", "CLinux", "Control", "Ledger", "Linux", "Pools", "Report", "Scheduling",
                "Timing",
                "Varlink",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            path: "Tests/Benchmarks", exclude: ["Peers"], swiftSettings: strict, linkerSettings: linker),
        .testTarget(
            name: "LinuxTests", dependencies: ["Linux", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .executableTarget(name: "lease-client", dependencies: ["CLease"], path: "Tests/LeaseClient"),
        .testTarget(
            name: "LedgerTests",
            dependencies: ["CStream", "Ledger", .product(name: "SystemPackage", package: "swift-system")],
            swiftSettings: strict),
        .testTarget(name: "BytesTests", dependencies: ["Bytes"], swiftSettings: strict),
        .testTarget(
            name: "TimingTests",
            dependencies: ["Timing", .product(name: "Histogram", package: "hdrhistogram-swift")], swiftSettings: strict),
        .testTarget(name: "CatalogueTests", dependencies: ["Catalogue"], swiftSettings: strict),
        .testTarget(
            name: "WorkloadsTests", dependencies: ["CPar", "Catalogue", "CLinux", "Workloads"], swiftSettings: strict),
        .testTarget(
            name: "WorkersTests", dependencies: ["Ledger", "Linux", "Workers", "Workloads", "parzygote"],
            swiftSettings: strict),
        .testTarget(
            name: "LibraryWorkloadsTests",
            dependencies: [
                "CLibraries", "Catalogue", "Ledger", "LibraryWorkloads", "Linux", "Workers", "Workloads",
            ],
            swiftSettings: strict),
        .testTarget(
            name: "SchedulingTests", dependencies: ["Scheduling", "Sharing"], swiftSettings: strict),
        .testTarget(
            name: "PoolsTests", dependencies: ["Pools", "Scheduling", "parzygote", "parzygote-library"],
            swiftSettings: strict),
        .testTarget(
            name: "VarlinkTests", dependencies: ["CLinux", "Linux", "Varlink", "VarlinkServer"], swiftSettings: strict),
        .testTarget(name: "ControlTests", dependencies: ["Catalogue", "Control", "Varlink"], swiftSettings: strict),
        .testTarget(
            name: "JournalTests",
            dependencies: ["Journal", "Linux", .product(name: "Logging", package: "swift-log")],
            swiftSettings: strict),
        .testTarget(
            name: "DaemonTests",
            dependencies: [
                "Catalogue", "Control", "Daemon", "Journal", "Linux", "Pools", "Scheduling", "VarlinkServer",
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .testTarget(name: "ExperimentsTests", dependencies: ["Experiments", "Timing"], swiftSettings: strict),
        .testTarget(
            name: "ReportTests", dependencies: ["Catalogue", "Control", "Experiments", "Report", "Timing"],
            swiftSettings: strict),
        .testTarget(
            name: "ParctlTests",
            dependencies: [
                "Bytes", "Catalogue", "Control", "Experiments", "Linux", "Report", "Varlink", "parctl",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "BoxTests", dependencies: ["Control"], swiftSettings: strict),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "CLease", "Catalogue", "Control", "Linux", "Varlink", "lease-client", "pard", "parzygote",
                "parzygote-library", "parctl", "parpython",
            ],
            swiftSettings: strict),
    ],
    swiftLanguageModes: [.v6]
)
