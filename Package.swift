// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  // The layers call each other's small and generic functions for every request: release builds look
  // into all of them. Costs building time only.
  .unsafeFlags(["-cross-module-optimization"], .when(configuration: .release)),
  // What is confined to a loop cannot be accessed twice at once but by a mistake in the program, which
  // debug builds, and so all tests, look for: docs/decisions/0027.
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

/// A layer is a target at `Sources/<name>` that imports only layers below it.
func layer(
  _ name: String, _ dependencies: [Target.Dependency] = [], resources: [Resource] = []
) -> Target {
  .target(
    name: name, dependencies: dependencies, path: "Sources/\(name)", resources: resources,
    swiftSettings: settings)
}

func systemLibrary(_ name: String, pkgConfig: String? = nil, debian: String) -> Target {
  .systemLibrary(
    name: name, path: "Sources/System/\(name)", pkgConfig: pkgConfig, providers: [.apt([debian])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], path: "Tests/\(name)",
    swiftSettings: settings)
}

/// What strangers send, put to the readers of it: a part of the tests, and with `SPILLWAY_FUZZ` set a
/// program of its own (docs/fuzzing.md). It looks into the layers as tests do, which optimised builds do
/// not allow; so it is not among what every build builds.
let fuzzing: Target =
  Context.environment["SPILLWAY_FUZZ"] != nil
  ? .executableTarget(
    name: "spillway-fuzz",
    dependencies: [
      "API", "HTTP", "Services", "Domain", "EventLoop", "TestSupport", "CLibuv",
    ],
    path: "Tests/Fuzzing",
    exclude: ["corpus", "Cases"], swiftSettings: settings)
  : .testTarget(
    name: "FuzzingTests",
    dependencies: [
      "API", "HTTP", "Services", "Domain", "EventLoop", "TestSupport", "CLibuv",
    ],
    path: "Tests/Fuzzing",
    exclude: ["corpus", "Tool"], swiftSettings: settings)

let package = Package(
  name: "spillway",
  products: [
    .executable(name: "spillway", targets: ["spillway"]),
    .executable(name: "spillway-loadtest", targets: ["spillway-loadtest"]),
  ],
  targets: [
    systemLibrary("CLibuv", pkgConfig: "libuv", debian: "libuv1-dev"),
    systemLibrary("CHiredis", debian: "libhiredis-dev"),
    systemLibrary("CLibpq", pkgConfig: "libpq", debian: "libpq-dev"),
    systemLibrary("COpenSSL", pkgConfig: "openssl", debian: "libssl-dev"),
    systemLibrary("CLinux", debian: "libc6-dev"),
    .target(
      name: "CLlhttp", path: "Sources/System/CLlhttp",
      cSettings: [.define("LLHTTP_STRICT_MODE", to: "1")]),

    layer("EventLoop", ["CLibuv", "CLinux"]),
    layer("Telemetry"),
    layer("HTTP", ["EventLoop", "CLlhttp"]),
    layer("Redis", ["EventLoop", "Telemetry", "CHiredis"]),
    layer("Postgres", ["EventLoop", "Telemetry", "CLibpq"]),
    layer("Domain"),
    layer(
      "Ledger", ["Postgres", "Domain"], resources: [.embedInCode("Migrations")]),
    .target(
      name: "Lua", path: "lua", resources: [.embedInCode("scripts")], swiftSettings: settings),
    layer("HotPath", ["Redis", "Lua", "Domain", "EventLoop", "Telemetry"]),
    layer(
      "Services",
      [
        "HotPath", "Ledger", "Redis", "Postgres", "Domain", "EventLoop", "Telemetry", "COpenSSL",
      ]),
    layer(
      "Reconciler",
      ["HotPath", "Ledger", "Redis", "Postgres", "Domain", "EventLoop", "Telemetry"]),
    layer(
      "API",
      ["HTTP", "Services", "HotPath", "Ledger", "Postgres", "Domain", "EventLoop", "Telemetry"],
      resources: [.embedInCode("Waiting/Assets")]),
    layer("Embedded", ["EventLoop", "CLinux"]),

    .executableTarget(
      name: "spillway",
      dependencies: [
        "API", "Reconciler", "Embedded", "Services", "Ledger", "Redis", "Postgres", "Domain",
        "EventLoop", "Telemetry",
      ],
      path: "Sources/spillway", swiftSettings: settings),
    .executableTarget(
      name: "spillway-loadtest",
      dependencies: [
        "EventLoop", "CLinux", "Redis", "Postgres", "Domain", "HotPath", "Ledger", "Services",
        "Embedded",
      ],
      path: "loadtest",
      exclude: [
        "results", "wrk", "locust", "peers/README.md", "peers/fastapi/README.md",
        "peers/nginx/README.md", "peers/redis-benchmark/README.md", "peers/webdis/README.md",
      ],
      sources: ["Sources"],
      resources: [.embedInCode("peers"), .embedInCode("bench")], swiftSettings: settings),

    .target(
      name: "TestSupport", dependencies: ["EventLoop", "Embedded", "Redis", "Postgres"],
      path: "Tests/TestSupport",
      swiftSettings: settings),
    tests("EventLoopTests", ["EventLoop"]),
    tests("TelemetryTests", ["Telemetry"]),
    tests("HTTPTests", ["HTTP", "EventLoop"]),
    tests("RedisTests", ["Redis", "EventLoop", "Telemetry"]),
    tests("PostgresTests", ["Postgres", "EventLoop", "Telemetry", "Embedded"]),
    tests("DomainTests", ["Domain"]),
    tests("LedgerTests", ["Ledger", "Postgres", "Domain", "EventLoop"]),
    tests("LuaTests", ["HotPath", "Redis", "Domain", "EventLoop"]),
    tests("HotPathTests", ["HotPath"]),
    tests(
      "ServicesTests",
      [
        "Services", "HotPath", "Ledger", "Redis", "Postgres", "Domain", "EventLoop", "Telemetry",
      ]),
    tests(
      "ReconcilerTests",
      [
        "Reconciler", "Services", "HotPath", "Ledger", "Redis", "Postgres", "Domain", "EventLoop",
        "Telemetry", "Embedded",
      ]),
    tests(
      "APITests",
      [
        "API", "Reconciler", "HTTP", "Services", "HotPath", "Ledger", "Redis", "Postgres", "Domain",
        "EventLoop", "Telemetry", "Embedded",
      ]),
    tests("EmbeddedTests", ["Embedded"]),
    tests("LoadtestTests", ["spillway-loadtest", "EventLoop", "Domain", "Postgres"]),
    tests("PackageTests", []),
    fuzzing,
    tests(
      "EndToEndTests",
      [
        "API", "Reconciler", "Embedded", "EventLoop", "Redis", "HotPath", "spillway",
        "spillway-loadtest",
      ]),
  ],
  swiftLanguageModes: [.v6]
)
