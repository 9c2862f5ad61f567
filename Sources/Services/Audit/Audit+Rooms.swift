internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension Audit {
  /// Checks each draw: that the seed is the one that was committed to, and that whoever still waits
  /// stands where the seed has put it.
  func auditDraws(_ report: inout AuditReport) async throws(AuditError) {
    let draws = try await auditing { () async throws(PostgresError) in
      try await self.draws.list()
    }
    for record in draws {
      let subject = "room \(record.room)"
      report.check(
        "the draw's seed is the one committed to", of: subject,
        record.seed.commitment == record.commitment,
        "\(record.seed.hexadecimal) gives \(record.seed.commitment)")
      guard let wrong = try await misplaced(record) else { continue }
      report.check(
        "the pre-queue stands in the order drawn", of: subject, wrong == 0,
        "\(record.draw.count) took part, \(wrong) stand elsewhere")
    }
  }

  /// How many of those who took part and still wait stand at another place; nil while Redis does not
  /// have the draw, or not all of it.
  private func misplaced(_ record: RoomDraws.Record) async throws(AuditError) -> Int? {
    let keys = RoomKeys(record.room)
    let client = redis.client(for: keys.room)
    let known = try await auditing { () async throws(RedisError) in
      try await client.send(RedisCommand("HMGET", keys.room, "generation", "seed"))
    }
    guard known[0].text == "\(record.generation)", known[1].text == record.seed.hexadecimal else {
      return nil
    }
    let order = PrequeueOrder(draw: record.draw, seed: record.seed)
    var wrong = 0
    var position = "0"
    repeat {
      let from = position
      let page = try await auditing { () async throws(RedisError) in
        try await client.send(
          RedisCommand("HSCAN", keys.seen, from, "COUNT", Audit.pageSize))
      }
      position = page[0].text ?? "0"
      wrong += try await misplaced(among: page[1].array ?? [], order, keys, client)
    } while position != "0"
    return wrong
  }

  private func misplaced(
    among page: [RedisValue], _ order: PrequeueOrder, _ keys: RoomKeys, _ client: RedisClient
  ) async throws(AuditError) -> Int {
    var visitors: [[UInt8]] = []
    var expected: [Int] = []
    for index in stride(from: 0, to: page.count - 1, by: 2) {
      guard let visitor = page[index].bytes,
        let number = page[index + 1].text?.split(separator: ":").first.flatMap({ Int($0) })
      else { continue }
      visitors.append(visitor)
      expected.append(order.order(of: number))
    }
    guard !visitors.isEmpty else { return 0 }
    let wanted = visitors
    let scores = try await auditing { () async throws(RedisError) in
      try await client.send(RedisCommand("ZMSCORE", [keys.waiting] + wanted))
    }
    var wrong = 0
    for (score, order) in zip(scores.array ?? [], expected) {
      // Who was admitted or lapsed meanwhile stands nowhere.
      guard let text = score.text, let found = Int(text) else { continue }
      if found != order { wrong += 1 }
    }
    return wrong
  }
}
