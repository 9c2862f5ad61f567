import Foundation

@testable import spillway_loadtest

extension Provenance {
  /// Of no program and no machine that there is.
  static let example = Provenance(
    commit: "0123456789abcdef", build: "Swift 9.9, release",
    machine: Machine(
      processors: 3, model: "Some Processor", memoryBytes: 5 << 30, system: "Some Linux 7",
      kernel: "8.1"),
    servers: [.init(name: "Redis", version: "7.0.1"), .init(name: "PostgreSQL", version: "15.2")],
    date: Date(timeIntervalSince1970: 1_767_225_600))

  /// What every report has to tell of it.
  static let parts = [
    "commit: 0123456789abcdef", "Swift 9.9, release", "3 processors, Some Processor, 5.0 GiB",
    "Some Linux 7, kernel 8.1", "servers: Redis 7.0.1, PostgreSQL 15.2",
    "date: 2026-01-01T00:00:00Z",
  ]
}
