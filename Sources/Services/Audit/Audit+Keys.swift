internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension Audit {
  /// What a cell's keys in Redis hold that the ledger does not know.
  private struct Strangers {
    var campaigns: Set<String> = []
    var records = 0
    /// Keys of records without a coupon.
    var unknown: [[UInt8]] = []
  }

  /// Goes through all keys of an open cell: what Redis has must be in the ledger.
  func auditKeys(of cell: CellName, _ report: inout AuditReport) async throws(AuditError) {
    let prefixes = CellKeys(cell).prefixes
    var strangers = Strangers()
    for prefix in [prefixes.campaigns, prefixes.holders] {
      try await scan(prefix) { (page) async throws(AuditError) in
        strangers.campaigns.formUnion(try await unknownCampaigns(page, prefix, cell))
      }
    }
    try await scan(prefixes.records) { (page) async throws(AuditError) in
      strangers.records += page.count
      strangers.unknown += try await unknownRecords(page, cell)
    }
    try await awaitRecords(&strangers, cell)
    let subject = "cell \(cell)"
    report.check(
      "the ledger has each campaign of Redis", of: subject, strangers.campaigns.isEmpty,
      "\(strangers.campaigns.count) are unknown")
    report.check(
      "each idempotency record has its coupon", of: subject, strangers.unknown.isEmpty,
      "\(strangers.unknown.count) of \(strangers.records) have none")
  }

  /// Gives all keys that begin with `prefix` to `body`, in pages. A key may come twice.
  private func scan(
    _ prefix: [UInt8], _ body: ([[UInt8]]) async throws(AuditError) -> Void
  ) async throws(AuditError) {
    let pattern = String(decoding: prefix, as: UTF8.self) + "*"
    let client = redis.client(for: prefix)
    let server = client.runID
    var position = "0"
    repeat {
      let from = position
      let reply = try await auditing { () async throws(RedisError) in
        try await client.send(
          RedisCommand("SCAN", from, "MATCH", pattern, "COUNT", Audit.pageSize))
      }
      // A position means nothing to another server.
      guard client.runID == server else { throw .redis(.disconnected) }
      position = reply[0].text ?? "0"
      let page = (reply[1].array ?? []).compactMap(\.bytes)
      if !page.isEmpty { try await body(page) }
    } while position != "0"
  }

  /// The names behind `prefix` that are no campaigns of the cell. The ledger always knows one first.
  private func unknownCampaigns(
    _ page: [[UInt8]], _ prefix: [UInt8], _ cell: CellName
  ) async throws(AuditError) -> Set<String> {
    let names = page.map { String(decoding: $0.dropFirst(prefix.count), as: UTF8.self) }
    let known = try await auditing { () async throws(PostgresError) in
      try await contents.campaigns(names.compactMap { Identifier($0) }, of: cell)
    }
    return Set(names).subtracting(known.map { "\($0.id)" })
  }

  /// Those of the records that name no coupon of the cell; records that ended meanwhile do not count.
  private func unknownRecords(
    _ page: [[UInt8]], _ cell: CellName
  ) async throws(AuditError) -> [[UInt8]] {
    let values = try await auditing { () async throws(RedisError) in
      try await redis.client(for: page[0]).send(RedisCommand("MGET", page))
    }
    let prefix = CellKeys(cell).prefixes.records.count
    let records = page.indices.map { index in
      values[index].text.flatMap {
        Self.record(
          $0, digest: String(decoding: page[index].dropFirst(prefix), as: UTF8.self))
      }
    }
    let known = try await auditing { () async throws(PostgresError) in
      try await ledger.known(records.compactMap(\.self), in: cell)
    }
    return page.indices.filter { index in
      values[index].text != nil && !(records[index].map(known.contains) ?? false)
    }.map { page[$0] }
  }

  /// Looks again at records without a coupon, for facts may be on their way.
  private func awaitRecords(
    _ strangers: inout Strangers, _ cell: CellName
  ) async throws(AuditError) {
    let deadline = redis.loop.milliseconds + patience.milliseconds
    while !strangers.unknown.isEmpty, redis.loop.milliseconds < deadline {
      await redis.loop.sleep(for: .milliseconds(20))
      var left: [[UInt8]] = []
      let unknown = strangers.unknown
      for start in stride(from: 0, to: unknown.count, by: Audit.pageSize) {
        let page = Array(unknown[start..<min(start + Audit.pageSize, unknown.count)])
        left += try await unknownRecords(page, cell)
      }
      strangers.unknown = left
    }
  }

  /// Parses a record: `<fingerprint> <sequence>:<issued ms>`, with `!` where the coupon was taken back.
  private static func record(_ text: String, digest: String) -> LedgerAudit.ClaimRecord? {
    let words = text.split(separator: " ")
    guard words.count == 2 else { return nil }
    let numbers = words[1].split { $0 == ":" || $0 == "!" }.compactMap { Int($0) }
    guard numbers.count == 2 else { return nil }
    return LedgerAudit.ClaimRecord(
      digest: digest, fingerprint: String(words[0]), sequence: numbers[0], issued: numbers[1])
  }
}
