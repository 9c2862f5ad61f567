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
      let (day, milliseconds) = try await bench.today()
      #expect(try await bench.fields(bench.keys.answers(day: day)).count == 1)
      // An hour after the next day is over: the bucket is dropped in the background before.
      let life = try await bench.bench.millisecondsToLive(bench.keys.answers(day: day))
      let expected = 2 * 86_400_000 + 3_600_000 - milliseconds
      #expect((expected - 60_000...expected).contains(life))
    }
  }

  @Test func `a key of the day before is still known, one from before that is not`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let sale = bench.sale()
      let id = ScriptBench.campaignID()
      let (day, _) = try await bench.today()
      for (age, key) in [(1, UInt64(1)), (2, 2)] {
        let answer = ReservationRecord.answer(
          fingerprint: "\(RequestDigest(high: 0, low: 1))", order: id, terms: "a=1|b",
          deadline: Instant(milliseconds: 9), currency: .won,
          lines: [OrderLine(sku: SKU("a")!, quantity: 1, unitPrice: 3)])
        _ = try await bench.client.send(
          RedisCommand(
            "HSET", bench.keys.answers(day: day - age), "\(RequestDigest(high: 0, low: key))",
            answer))
      }
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)], key: 1))
          == .replayed(
            Reservation(
              order: id, deadline: Instant(milliseconds: 9), currency: .won, unitPrices: [3],
              terms: "a=1|b")))
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)], key: 2))?.isGranted == true)
      // The bucket of two days ago is the one of tomorrow.
      #expect(try await bench.fields(bench.keys.answers(day: day - 2)).isEmpty)
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
      #expect(try await bench.put(sale: order.order, .open()) == -1)
      #expect(try await bench.take(1, of: "a", movement: order.order) == "X")
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
