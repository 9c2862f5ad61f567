internal import Foundation
internal import Postgres
internal import Redis

/// Bytes that an installation keeps at one moment.
struct ScaleStorage: Sendable, Equatable {
  /// Redis' memory for data, without the streams, whose length is the reconciler's affair.
  var redis = 0.0
  /// Redis' append-only file.
  var appendOnlyFile = 0.0
  /// The ledger's tables and indexes.
  var database = 0.0
  /// All of the ledger's log so far.
  var log = 0.0

  /// What came to it since `earlier`, for each of `count` things.
  func since(_ earlier: ScaleStorage, each count: Int) -> ScaleStorage {
    func each(_ field: KeyPath<ScaleStorage, Double>) -> Double {
      (self[keyPath: field] - earlier[keyPath: field]) / Double(count)
    }
    return ScaleStorage(
      redis: each(\.redis), appendOnlyFile: each(\.appendOnlyFile), database: each(\.database),
      log: each(\.log))
  }

  /// The value of a line `name:value` that `INFO` answers.
  static func field(_ name: String, in text: String) -> Double? {
    for line in text.split(whereSeparator: \.isNewline) where line.hasPrefix("\(name):") {
      return Double(line.dropFirst(name.utf8.count + 1))
    }
    return nil
  }
}

extension ScaleSite {
  private static let sizes = Statement(
    unprepared: """
      select pg_database_size(current_database())::float8,
        pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8
      """)

  /// Reads what is kept, once the ledger has all.
  func storage() async throws -> ScaleStorage {
    try await settle()
    var storage = ScaleStorage()
    for tenant in tenants {
      let client = router.client(for: tenant.keys.lease)
      let info = try await client.send(RedisCommand("INFO", "everything")).text ?? ""
      let stream = try await client.send(
        RedisCommand("MEMORY", "USAGE", tenant.keys.stream, "SAMPLES", 0))
      storage.redis +=
        (ScaleStorage.field("used_memory", in: info) ?? 0) - Double(stream.integer ?? 0)
      storage.appendOnlyFile += ScaleStorage.field("aof_current_size", in: info) ?? 0
    }
    let row = try await pool.query(Self.sizes)[0]
    storage.database = try row.decode(0)
    storage.log = try row.decode(1)
    return storage
  }
}

/// What the loopback carried so far.
enum LoopbackTraffic {
  /// In bytes; 0 where the system does not tell.
  static func bytes() -> Double {
    received(in: (try? String(contentsOfFile: "/proc/net/dev", encoding: .utf8)) ?? "")
  }

  /// The first figure behind `lo:` in `/proc/net/dev` (proc(5)).
  static func received(in table: String) -> Double {
    for line in table.split(separator: "\n") {
      let parts = line.split(separator: ":")
      guard parts.count == 2, parts[0].drop(while: { $0 == " " }) == "lo" else { continue }
      return parts[1].split(separator: " ").first.flatMap { Double($0) } ?? 0
    }
    return 0
  }
}
