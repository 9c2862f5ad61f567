import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct ReserveScriptReplayTests {
  @Test func `an idempotency key brings the first answer, and refuses another request`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 5, price: 100)
      try await bench.put("b", 5, price: 7)
      let sale = bench.sale()
      let first = bench.order(sale, "ann", [("a", 1), ("b", 2)], key: 7)
      guard case .granted(let reservation) = try await bench.reserve(first) else {
        Issue.record("refused")
        return
      }
      try await bench.put("a", 5, price: 900, version: 2)
      let again = bench.order(sale, "ann", [("a", 1), ("b", 2)], key: 7)
      #expect(try await bench.reserve(again) == .replayed(reservation))
      #expect(reservation.unitPrices == [100, 7])
      #expect(again.position! >= first.position!)
      let other = bench.order(sale, "ann", [("a", 1)], key: 7, fingerprint: 2)
      #expect(try await bench.reserve(other) == .keyReused)
      #expect(try await bench.level("a")?.reserved == 1)
      #expect(try await bench.fields(bench.keys.reserved).count == 1)
    }
  }

  @Test func `a key belongs to its user`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let sale = bench.sale()
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)], key: 7))?.isGranted == true)
      #expect(
        try await bench.reserve(bench.order(sale, "ben", [("a", 1)], key: 7)) == .keyReused)
    }
  }

  @Test func `an answer outlives what it reserved, until the next day is over`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5, limit: 3)
      try await bench.put("b", 5)
      let sale = bench.sale()
      let lines = [("a", 1), ("b", 2)]
      let (day, milliseconds) = try await bench.today()
      for (key, action) in [(UInt64(7), StockBench.Action.commit), (8, .release)] {
        let first = bench.order(sale, "ann", lines, key: key)
        guard case .granted(let reservation) = try await bench.reserve(first) else {
          Issue.record("refused")
          return
        }
        let record = try await bench.fields(bench.keys.reserved)["\(first.key)"]
        let settled = try await bench.settle(
          [(action, first.order)], accounts: [(.open, "a"), (.open, "b")])
        #expect(settled[0].integer == 1)
        #expect(try await bench.fields(bench.keys.reserved).isEmpty)
        #expect(
          try await bench.fields(bench.keys.answers(day: day))["\(first.key)"]
            == record?.replacing("+", with: ""))
        let again = bench.order(sale, "ann", lines, key: key)
        #expect(try await bench.reserve(again) == .replayed(reservation))
        #expect(
          try await bench.reserve(bench.order(sale, "ann", lines, key: key, fingerprint: 2))
            == .keyReused)
        #expect(
          try await bench.reserve(bench.order(sale, "ben", lines, key: key)) == .keyReused)
      }
      #expect(try await bench.level("a") == StockLevel(received: 5, sold: 1))
      // An hour after the next day is over: the bucket is dropped in the background before.
      let life = try await bench.bench.millisecondsToLive(bench.keys.answers(day: day))
      let expected = 2 * 86_400_000 + 3_600_000 - milliseconds
      #expect((expected - 60_000...expected).contains(life))
    }
  }

  /// Lets an order become so many days older: it, and its record.
  private func age(
    _ order: Identifier, by days: Int, _ bench: StockBench
  ) async throws -> Identifier {
    let key = OrderKey(of: order)
    let older = key.order(at: order.time! - .seconds(days * 86_400))
    let record = try #require(try await bench.fields(bench.keys.reserved)["\(key)"])
    _ = try await bench.client.send(
      RedisCommand(
        "HSET", bench.keys.reserved, "\(key)",
        "\(older)".prefix(13) + String(record.dropFirst(13))))
    return older
  }

  @Test func `an order that is settled later answers until the day behind its own is over`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 9)
      let sale = bench.sale()
      let day = try await bench.today().day
      _ = try await bench.client.send(
        RedisCommand("HSET", bench.keys.answers(day: day - 2), "over", "x"))
      for (age, isKept) in [(0, true), (1, true), (2, false)] {
        let first = bench.order(sale, "ann", [("a", 1)])
        try await bench.reserve([first])
        let order = try await self.age(first.order, by: age, bench)
        // Reserved is reserved, however long: its key leads to it.
        let again = bench.order(sale, "ann", [("a", 1)], key: first.key.first.low, high: 1)
        guard case .replayed(let reservation) = try await bench.reserve(again) else {
          Issue.record("\(String(describing: again.outcome))")
          return
        }
        #expect(reservation.order == order)
        #expect(
          try await bench.settle([(.commit, order)], accounts: [(.open, "a")])[0].integer == 1)
        let kept = try await bench.fields(bench.keys.answers(day: day - age))["\(first.key)"]
        #expect((kept != nil) == isKept)
      }
      // The first answer of a day drops the bucket of two days ago, which is that of tomorrow.
      #expect(try await bench.fields(bench.keys.answers(day: day + 1)).isEmpty)
      let life = try await bench.bench.millisecondsToLive(bench.keys.answers(day: day - 1))
      #expect(life <= 86_400_000 + 3_600_000)
    }
  }

  @Test func `what an order of an older version reserved answers nothing when it is settled`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 9)
      let first = bench.order(bench.sale(), "ann", [("a", 1)])
      try await bench.reserve([first])
      _ = try await bench.client.send(
        RedisCommand(
          "HSET", bench.keys.reserved, "\(first.key)",
          "\(first.order)".prefix(13) + " ann - - 9 KRW a:1:100"))
      #expect(
        try await bench.settle([(.commit, first.order)], accounts: [(.open, "a")])[0].integer == 1)
      let day = try await bench.today().day
      #expect(try await bench.fields(bench.keys.answers(day: day)).isEmpty)
    }
  }

  @Test func `an order is not settled in place of another with its key`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 9)
      let first = bench.order(bench.sale(), "ann", [("a", 1)])
      try await bench.reserve([first])
      let other = first.key.order(at: Instant(milliseconds: 9))
      #expect(
        try await bench.settle([(.release, other)], accounts: [(.open, "a")])[0].integer == 0)
      #expect(try await bench.level("a")?.reserved == 1)
    }
  }

  @Test func `a key of the day before is still known, one from before that is not`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let sale = bench.sale()
      let id = ScriptBench.campaignID()
      let (day, _) = try await bench.today()
      for (age, number) in [(1, UInt64(1)), (2, 2)] {
        let key = OrderKey(RequestDigest(high: 0, low: number))
        let order = KeptOrder(
          id: id, key: key, fingerprint: RequestDigest(high: 0, low: 1), scope: .open, user: "ann",
          terms: "a=1|b", reservedAt: Instant(milliseconds: 1),
          deadline: Instant(milliseconds: 9), currency: .won,
          lines: [OrderLine(sku: SKU("a")!, quantity: 1, unitPrice: 3)])
        _ = try await bench.client.send(
          RedisCommand(
            "HSET", bench.keys.answers(day: day - age), "\(key)",
            ReservationRecord.answer(order, to: key)))
      }
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)], key: 1))
          == .replayed(
            Reservation(
              order: id, deadline: Instant(milliseconds: 9), currency: .won, unitPrices: [3],
              terms: "a=1|b")))
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)], key: 2))?.isGranted == true)
    }
  }

  @Test func `the same key twice in one batch makes one order`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let sale = bench.sale()
      let orders = (0..<3).map { _ in bench.order(sale, "ann", [("a", 1)], key: 9) }
      try await bench.reserve(orders)
      guard case .granted(let reservation) = orders[0].decision else {
        Issue.record("refused")
        return
      }
      #expect(orders[1].decision == .replayed(reservation))
      #expect(orders[2].decision == .replayed(reservation))
      #expect(try await bench.level("a")?.reserved == 1)
      #expect(try await bench.reservedFacts().count == 1)
    }
  }

  @Test func `a replay brings the first terms, whatever came with the repeat`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5, price: 100)
      let sale = bench.sale()
      let word = String(repeating: "~", count: OrderTermsWord.lengths.upperBound)
      let first = bench.order(sale, "ann", [("a", 1)], key: 7, terms: word)
      guard case .granted(let reservation) = try await bench.reserve(first) else {
        Issue.record("refused")
        return
      }
      #expect(reservation.terms == word)
      let plain = bench.order(sale, "ben", [("a", 1)], key: 8)
      let again = bench.order(sale, "ann", [("a", 1)], key: 7, terms: "x")
      try await bench.reserve([plain, again])
      #expect(again.decision == .replayed(reservation))
      var words: [String] = []
      for payload in try await bench.facts(StockReservedFact.kind) {
        _ = payload.withUnsafeBytes { bytes in
          StockReservedFact.read(bytes) { words.append(String(decoding: $0.terms, as: UTF8.self)) }
        }
      }
      #expect(words == [word, OrderTermsWord.none])
    }
  }

  @Test func `a refused order leaves no record`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 0)
      let sale = bench.sale()
      let first = bench.order(sale, "ann", [("a", 1)], key: 3)
      #expect(try await bench.reserve(first) == .short([Shortage(line: 0, available: 0)]))
      try await bench.put("a", 1, version: 2)
      let again = bench.order(sale, "ann", [("a", 1)], key: 3)
      #expect(try await bench.reserve(again)?.isGranted == true)
    }
  }

  @Test func `another lease closes the cell, a full stream sheds, and nothing changes`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let sale = bench.sale()
      let order = bench.order(sale, "ann", [("a", 1)])
      #expect(try await bench.reserve([order], lease: "2:test").reply == "X")
      #expect(try await bench.reserve([order], streamLimit: 1).reply == "B")
      _ = try await bench.client.send(RedisCommand("DEL", bench.keys.lease))
      #expect(try await bench.reserve([order]).reply == "X")
      #expect(try await bench.put("a", 9, version: 2) == -1)
      let id = ScriptBench.campaignID()
      #expect(try await bench.put(sale: id, .open()) == -1)
      #expect(try await bench.take(1, of: "a", movement: id) == "X")
      #expect(try await bench.settle([], accounts: []).text == "X")
      #expect(try await bench.level("a") == StockLevel(received: 5))
      #expect(order.outcome == nil)
    }
  }

  @Test(arguments: [RatePolicy.Scope.sale, .user])
  func `a rate policy lets its burst through and then tells when to come again`(
    scope: RatePolicy.Scope
  ) async throws {
    try await StockBench.run { bench in
      let id = ScriptBench.campaignID()
      let policy = RatePolicy(limit: 6, windowMilliseconds: 60_000, burst: 2, scope: scope)
      try await bench.put(sale: id, .open(ratePolicy: policy))
      try await bench.put("a", 50, scope: .sale(id))
      let sale = bench.sale(.sale(id), policy: policy)
      let orders = ["ann", "ann", "ann", "ben"].map { bench.order(sale, $0, [("a", 1)]) }
      try await bench.reserve(orders)
      // Those who share a key are told what is left behind all of them.
      let afterOne = RateAllowance(remaining: 1, resetMilliseconds: 10_000)
      let afterTwo = RateAllowance(remaining: 0, resetMilliseconds: 20_000)
      #expect(orders[0].rate == (scope == .user ? afterOne : afterTwo))
      #expect(orders[1].rate == afterTwo)
      #expect(orders[2].decision == .rateLimited(retryAfterMilliseconds: 10_000))
      #expect(orders[2].rate == afterTwo)
      #expect(orders[3].decision?.isGranted == (scope == .user))
      let key = bench.keys.rate(id, user: scope == .user ? "ann" : nil)
      let life = try await bench.bench.millisecondsToLive(key)
      #expect((15_000...20_001).contains(life))
      // A refusal of the policy comes before all else, also before a replay.
      let replay = bench.order(sale, "ann", [("a", 1)], key: 5)
      try await bench.reserve([replay])
      guard case .rateLimited = replay.decision else {
        Issue.record("\(String(describing: replay.decision))")
        return
      }
    }
  }

  @Test func `popularity goes a few days later by itself`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let order = bench.order(bench.sale(), "ann", [("a", 1)])
      let now = try #require(try await bench.reserve([order]).now)
      let day = now.milliseconds / 86_400_000
      let life = try await bench.bench.millisecondsToLive(bench.keys.popular(day: Int(day)))
      let expected = (day + Int64(CellKeys.popularDays)) * 86_400_000 - now.milliseconds
      #expect((expected - 60_000...expected).contains(Int64(life)))
    }
  }

  @Test(arguments: [
    "stock", "bought", "reserved", "popular", "stream", "sale", "answers", "older", "rate", "lease",
  ])
  func `a key of another type is an error and changes nothing`(wrong: String) async throws {
    try await StockBench.run { bench in
      let id = ScriptBench.campaignID()
      let policy = RatePolicy(limit: 6, windowMilliseconds: 60_000, burst: 2, scope: .sale)
      try await bench.put(sale: id, .open(ratePolicy: policy))
      try await bench.put("a", 5, limit: 2)
      try await bench.put("b", 5, scope: .sale(id), limit: 2)
      let (day, _) = try await bench.today()
      let key: [UInt8] =
        switch wrong {
        case "stock": bench.keys.stock(.sale(id), SKU("b")!)
        case "bought": bench.keys.bought(.sale(id), SKU("b")!)
        case "reserved": bench.keys.reserved
        case "popular": bench.keys.popular(day: day)
        case "stream": bench.keys.stream
        case "answers": bench.keys.answers(day: day)
        case "older": bench.keys.answers(day: day - 1)
        case "rate": bench.keys.rate(id, user: nil)
        case "lease": bench.keys.lease
        default: bench.keys.sale(.sale(id))
        }
      _ = try await bench.client.send(RedisCommand("DEL", key))
      _ = try await bench.client.send(RedisCommand("LPUSH", key, "text"))
      let orders = [
        bench.order(bench.sale(), "ann", [("a", 1)]),
        bench.order(bench.sale(.sale(id), policy: policy), "ann", [("b", 1)]),
      ]
      let reply = try await bench.reserve(orders).reply
      #expect(reply.contains("WRONGTYPE"))
      #expect(orders.allSatisfy { $0.outcome == nil })
      #expect(try await bench.level("a") == StockLevel(received: 5))
      if wrong != "reserved" { #expect(try await bench.fields(bench.keys.reserved).isEmpty) }
      if wrong != "stream" { #expect(try await bench.reservedFacts().isEmpty) }
    }
  }
}
