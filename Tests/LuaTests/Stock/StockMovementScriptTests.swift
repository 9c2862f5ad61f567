import Domain
import Redis
import TestSupport
import Testing

@testable import HotPath

@Suite struct StockMovementScriptTests {
  @Test func `a movement takes what is free, once, and says so in the stream`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      #expect(
        try await bench.reserve(bench.order(bench.sale(), "ann", [("a", 2)]))?.isGranted == true)
      let movement = ScriptBench.campaignID()
      let first = try await bench.take(9, of: "a", movement: movement)
      #expect(first.hasPrefix("T3 "))
      #expect(try await bench.take(9, of: "a", movement: movement) == first)
      #expect(try await bench.level("a") == StockLevel(received: 5, taken: 3, reserved: 2))
      let facts = try await bench.facts(StockTakenFact.kind)
      #expect(facts.count == 1)
      let fact = try #require(facts[0].withUnsafeBytes { StockTakenFact(payload: $0) })
      #expect(fact.movement == movement && fact.scope == .open && fact.sku == SKU("a"))
      #expect(fact.taken == 3)
      let life = try await bench.bench.millisecondsToLive(bench.keys.taken(movement))
      #expect((604_000_000...604_800_000).contains(life))
    }
  }

  @Test func `where nothing is free a movement ends with nothing taken`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 0)
      #expect(try await bench.take(1, of: "a", movement: ScriptBench.campaignID()).hasPrefix("T0 "))
      #expect(try await bench.facts(StockTakenFact.kind).count == 1)
    }
  }

  @Test func `a full stream puts a movement off, an unknown account is named, zero is refused`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let movement = ScriptBench.campaignID()
      #expect(try await bench.take(1, of: "a", movement: movement, streamLimit: 1) == "B")
      #expect(try await bench.take(1, of: "x", movement: movement) == "U")
      await #expect(throws: RedisError.self) {
        try await bench.take(0, of: "a", movement: movement)
      }
      #expect(try await bench.level("a") == StockLevel(received: 5))
    }
  }

  @Test func `a key of another type is an error and changes nothing`() async throws {
    try await StockBench.run { bench in
      let movement = ScriptBench.campaignID()
      _ = try await bench.client.send(
        RedisCommand("SET", bench.keys.stock(.open, SKU("a")!), "text"))
      await #expect(throws: RedisError.self) {
        try await bench.take(1, of: "a", movement: movement)
      }
      await #expect(throws: RedisError.self) { try await bench.put("a", 5) }
      _ = try await bench.client.send(
        RedisCommand("SET", bench.keys.sale(.sale(movement)), "text"))
      await #expect(throws: RedisError.self) { try await bench.put(sale: movement, .open()) }
      _ = try await bench.client.send(RedisCommand("SET", bench.keys.reserved, "text"))
      await #expect(throws: RedisError.self) {
        try await bench.settle([(.release, movement)], accounts: [])
      }
      #expect(try await bench.facts(StockTakenFact.kind).isEmpty)
    }
  }

  @Test func `an older version of an account changes nothing, a newer one keeps its counts`()
    async throws
  {
    try await StockBench.run { bench in
      #expect(try await bench.put("a", 5, price: 100, version: 2) == 1)
      #expect(try await bench.put("a", 9, price: 1, version: 1) == 0)
      #expect(try await bench.put("a", 9, price: 1, version: 2) == 0)
      let sale = bench.sale()
      #expect(try await bench.reserve(bench.order(sale, "ann", [("a", 2)]))?.isGranted == true)
      #expect(try await bench.put("a", 6, price: 70, limit: 4, product: "q", version: 3) == 1)
      let reading = try await StockReader.read(
        [(.open, SKU("a")!), (.open, SKU("x")!)], keys: bench.keys, client: bench.client)
      #expect(
        reading.accounts[0]
          == StockReader.Reading(
            level: StockLevel(received: 6, reserved: 2),
            terms: StockTerms(
              product: "q", price: Money(amount: 70, currency: .won), perUserLimit: 4),
            version: 3))
      #expect(reading.accounts[1] == nil)
      #expect(try await bench.bench.millisecondsToLive(bench.keys.stock(.open, SKU("a")!)) == -1)
    }
  }

  @Test func `an older version of a sale changes nothing, a newer one may drop its policy`()
    async throws
  {
    try await StockBench.run { bench in
      let id = ScriptBench.campaignID()
      let policy = RatePolicy(limit: 1, windowMilliseconds: 60_000, burst: 1, scope: .sale)
      #expect(try await bench.put(sale: id, .open(ratePolicy: policy), version: 2) == 1)
      #expect(try await bench.put(sale: id, .open(), isReady: false, version: 1) == 0)
      try await bench.put("a", 5, scope: .sale(id))
      let sale = bench.sale(.sale(id), policy: policy)
      let orders = [bench.order(sale, "ann", [("a", 1)]), bench.order(sale, "ben", [("a", 1)])]
      try await bench.reserve(orders)
      #expect(orders[0].decision?.isGranted == true)
      #expect(orders[1].decision?.isGranted == false)
      #expect(try await bench.put(sale: id, .open(), version: 3) == 1)
      // The node has not heard of it yet: its key for the policy is not looked at.
      let third = bench.order(sale, "cat", [("a", 1)])
      #expect(try await bench.reserve(third)?.isGranted == true)
      #expect(third.rate == nil)
    }
  }
}
