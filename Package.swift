// swift-tools-version: 6.2
import PackageDescription

// Imports point downwards only: docs/architecture.md shows the rooms in their order.

let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

let system = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let sqlite = Target.Dependency.product(name: "GRDBSQLite", package: "GRDB.swift")
let nio = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let toml = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict)
}

func library(_ name: String, pkgConfig: String, package: String) -> Target {
    .systemLibrary(name: name, path: "Sources/\(name)", pkgConfig: pkgConfig, providers: [.apt([package])])
}

let package = Package(
    name: "mediaveil",
    products: [
        .executable(name: "mediaveild", targets: ["mediaveild"]),
        .executable(name: "mediaveilctl", targets: ["mediaveilctl"]),
        .library(name: "Redaction", targets: ["Redaction"]),
        .library(name: "Policy", targets: ["Policy"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-system", exact: "1.8.1"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", exact: "0.6.0"),
    ],
    targets: [
        // C: system headers and the few lines that Swift cannot say.
        .target(name: "CLinux"),
        .target(name: "CFuse", dependencies: ["CLinux", "CFuseLibrary"]),
        library("CFuseLibrary", pkgConfig: "fuse3", package: "libfuse3-dev"),
        library("CExpat", pkgConfig: "expat", package: "libexpat1-dev"),
        library("CExif", pkgConfig: "libexif", package: "libexif-dev"),
        library("COpenSSL", pkgConfig: "libcrypto", package: "libssl-dev"),
        library("CZlib", pkgConfig: "zlib", package: "zlib1g-dev"),
        library("CBrotli", pkgConfig: "libbrotlidec", package: "libbrotli-dev"),

        // Pure rooms: values in, values out.
        room("Redaction", ["CExpat", "CExif", "CZlib", "CBrotli"]),
        room("Policy", []),

        // The service, from the ground up.
        room("LinuxSystem", ["CLinux", system]),
        room("Store", ["Policy", "LinuxSystem", "COpenSSL", grdb, sqlite, logging]),
        room("StackedFS", ["LinuxSystem", "CLinux", "Redaction", system, logging]),
        room("Filters", ["StackedFS", "Store", "Policy", "Redaction", "LinuxSystem", system, logging]),
        room("FuseSession", ["StackedFS", "LinuxSystem", "CFuse", "CLinux", system, logging]),
        room("Control", ["Policy", "LinuxSystem", "CLinux", nio, nioPosix, nioHTTP, logging, system]),
        room("Configuration", ["Policy", toml]),
        room(
            "Service",
            [
                "Control", "Configuration", "FuseSession", "Filters", "StackedFS", "Store", "Policy", "Redaction",
                "LinuxSystem", "CLinux", system, logging, toml,
            ]),
        program("mediaveild", ["Service", "Configuration", arguments, logging]),
        program(
            "mediaveilctl",
            ["Control", "Configuration", "Redaction", "Policy", "LinuxSystem", "CLinux", arguments, system]),

        program("mediaveil-bench", ["CLinux", "Policy", "Redaction"]),

        // Tests: one target per room, and the whole house.
        .target(
            name: "TestSupport", dependencies: ["LinuxSystem", "CLinux", system], path: "Tests/TestSupport",
            swiftSettings: strict),
        tests("RedactionTests", ["Redaction", "CZlib", "CBrotli"]),
        tests("PolicyTests", ["Policy"]),
        tests("LinuxSystemTests", ["LinuxSystem", "CLinux", system]),
        tests("StoreTests", ["Store", "Policy", logging, grdb]),
        tests("StackedFSTests", ["StackedFS", "Redaction", "LinuxSystem", "CLinux", system]),
        tests("FiltersTests", ["Filters", "StackedFS", "Policy", "Store", "LinuxSystem", logging, system]),
        tests("FuseSessionTests", ["FuseSession", "mediaveild"]),
        tests(
            "ControlTests",
            ["Control", "Policy", "mediaveilctl", "Redaction", "LinuxSystem", "CLinux", nio, nioPosix, logging]),
        tests("ConfigurationTests", ["Configuration", "Policy"]),
        tests(
            "ServiceTests", ["Service", "Store", "Policy", "Control", "Configuration", "CLinux", logging, system]),
        tests("IntegrationTests", ["LinuxSystem", "CLinux", "mediaveild", "mediaveilctl", system]),
    ]
)

// libFuzzer brings its own main: these targets exist only when asked for (docs/redaction.md), and are built with
// `--sanitize=fuzzer`.
if Context.environment["MEDIAVEIL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "FuzzRedaction", dependencies: ["Redaction"], path: "Fuzz/FuzzRedaction",
            swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])]))
    package.products.append(.executable(name: "FuzzRedaction", targets: ["FuzzRedaction"]))
}
