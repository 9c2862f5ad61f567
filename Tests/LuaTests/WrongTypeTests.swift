import Domain
import HotPath
import Redis
import TestSupport
import Testing

/// Each script with each of its keys holding a value of another type: an error, and nothing is changed.
@Suite struct WrongTypeTests {
  /// A call of a script whose keys are good.
  private struct Call {
    let script: CatalogedScript
    let keys: [[UInt8]]
    let arguments: [any RedisArgument]
    /// The places of those that are replaced or not looked at, whatever they hold.
    var replaced: Set<Int> = []
  }

  private static let look = Script(
    name: "look",
    source: """
      local found = {}
      for i, key in ipairs(KEYS) do found[i] = redis.call('DUMP', key) or '' end
      return found
      """)

  /// Makes the call once for each key, behind what `prepare` puts there.
  private func refuse(
    _ call: Call, _ client: RedisClient, prepare: () async throws -> Void
  ) async throws {
    for (place, key) in call.keys.enumerated() where !call.replaced.contains(place) {
      for key in call.keys { _ = try await client.send(RedisCommand("DEL", key)) }
      try await prepare()
      _ = try await client.send(RedisCommand("DEL", key))
      // No script has lists.
      _ = try await client.send(RedisCommand("LPUSH", key, "text"))
      let before = try await client.evaluate(Self.look, keys: call.keys)
      let name = String(decoding: key, as: UTF8.self)
      await #expect(throws: RedisError.self, "\(call.script.script.name) of \(name)") {
        try await client.evaluate(
          call.script.script, keys: call.keys, arguments: call.arguments)
      }
      let after = try await client.evaluate(Self.look, keys: call.keys)
      #expect(after == before, "\(call.script.script.name) of \(name)")
    }
  }

  // MARK: Coupons

  @Test func `claims of two campaigns`() async throws {
    try await ScriptBench.run { bench in
      let keys = bench.keys
      let ids = [ScriptBench.campaignID(), ScriptBench.campaignID()]
      let policy = RatePolicy(limit: 5, windowMilliseconds: 60_000, burst: 5, scope: .user)
      let call = Call(
        script: ScriptCatalog.claim,
        keys: [keys.lease, keys.stream] + ids.flatMap { [keys.campaign($0), keys.holders($0)] }
          + [keys.idempotency(digest: "d"), keys.rate(ids[0], user: "ann")],
        arguments: [ScriptBench.lease, 1000, 2, 1, 1, "ann", 1, "f", 2, 1, 1, 0, "ben"])
      try await refuse(call, bench.client) {
        _ = try await bench.client.send(RedisCommand("SET", keys.lease, ScriptBench.lease))
        for id in ids { try await bench.put(.open(quantity: 5, ratePolicy: policy), id: id) }
      }
    }
  }

  @Test func `a campaign's terms and a recall`() async throws {
    try await ScriptBench.run { bench in
      let (keys, id) = (bench.keys, ScriptBench.campaignID())
      let terms = Call(
        script: ScriptCatalog.putCampaign, keys: [keys.campaign(id)],
        arguments: [1, "\(id)", 5, 1, 0, 9_000_000_000_000, "", "", "", "", keys.channel])
      try await refuse(terms, bench.client) {}
      let recall = Call(
        script: ScriptCatalog.recallCoupons,
        keys: [keys.lease, keys.stream, keys.holders(id), keys.idempotency(digest: "d")],
        arguments: [ScriptBench.lease, "recall", "ann", 1])
      try await refuse(recall, bench.client) {
        _ = try await bench.client.send(RedisCommand("SET", keys.lease, ScriptBench.lease))
        _ = try await bench.client.send(RedisCommand("HSET", keys.holders(id), "ann", "1:5"))
        _ = try await bench.client.send(RedisCommand("SET", keys.idempotency(digest: "d"), "f 1:5"))
      }
    }
  }

  // MARK: Stock

  @Test(arguments: ["release", "commit"])
  func `orders that are settled`(action: String) async throws {
    try await StockBench.run { bench in
      let (keys, sku) = (bench.keys, SKU("a")!)
      let (day, milliseconds) = try await bench.today()
      let now = Instant(milliseconds: Int64(day * 86_400_000 + milliseconds))
      let order = OrderKey(of: ScriptBench.campaignID()).order(at: now)
      // What is sold leaves alone what was bought and what is popular, and all does other days.
      let isRelease = action == "release"
      let others =
        (3..<8).filter { !isRelease || $0 != 3 + day % CellKeys.popularBuckets }
        + (8..<11).filter { $0 != 8 + day % CellKeys.answerBuckets }
      let call = Call(
        script: ScriptCatalog.settleOrders,
        keys: [keys.lease, keys.stream, keys.reserved] + keys.popular + keys.answers
          + [keys.stock(.open, sku), keys.bought(.open, sku)],
        arguments: [ScriptBench.lease, keys.channel, 1, "open:a", action, "\(order)", "open"],
        replaced: Set(others + (isRelease ? [] : [12])))
      try await refuse(call, bench.client) {
        _ = try await bench.client.send(RedisCommand("SET", keys.lease, ScriptBench.lease))
        try await bench.put("a", 9, limit: 5)
        _ = try await bench.client.send(
          RedisCommand(
            "HSET", keys.reserved, "\(OrderKey(of: order))",
            "\("\(order)".prefix(13)) ann f - 9 KRW a:2:100+"))
        _ = try await bench.client.send(
          RedisCommand("ZADD", keys.popular(day: day), 2, "p-a"))
      }
    }
  }

  @Test func `accounts, sales and movements`() async throws {
    try await StockBench.run { bench in
      let (keys, id) = (bench.keys, ScriptBench.campaignID())
      let lease = ScriptBench.lease
      let stock = keys.stock(.open, SKU("a")!)
      func open() async throws {
        _ = try await bench.client.send(RedisCommand("SET", keys.lease, lease))
      }
      let account = Call(
        script: ScriptCatalog.putStock, keys: [keys.lease, keys.stream, stock],
        arguments: [lease, 1, "a", "p", 5, 100, "KRW", 0, "open", keys.channel])
      try await refuse(account, bench.client) { try await open() }
      let sale = Call(
        script: ScriptCatalog.putSale, keys: [keys.lease, keys.stream, keys.sale(.sale(id))],
        arguments: [lease, 1, "\(id)", 0, 9_000_000_000_000, 1, "", "", "", "", keys.channel])
      try await refuse(sale, bench.client) { try await open() }
      let movement = Call(
        script: ScriptCatalog.takeStock, keys: [keys.lease, keys.stream, stock, keys.taken(id)],
        arguments: [lease, 1000, "\(id)", "open", 2])
      try await refuse(movement, bench.client) {
        try await open()
        try await bench.put("a", 5)
      }
    }
  }

  // MARK: Cells

  @Test func `a stream that is trimmed`() async throws {
    try await ScriptBench.run { bench in
      let keys = bench.keys
      let call = Call(
        script: ScriptCatalog.trimStream, keys: [keys.stream, keys.trimmed],
        arguments: ["3-0", "1-0", 2])
      try await refuse(call, bench.client) {
        for entry in 1...4 {
          _ = try await bench.client.send(RedisCommand("XADD", keys.stream, "\(entry)-0", "k", "v"))
        }
      }
    }
  }

  @Test func `what is loaded into a closed cell`() async throws {
    try await ScriptBench.run { bench in
      let keys = bench.keys
      let target = keys.answers(day: 1)
      let far = 9_000_000_000_000
      let calls = [
        Call(
          script: ScriptCatalog.clearCell, keys: [keys.rebuild, keys.complete, target],
          arguments: ["n"], replaced: [1, 2]),
        Call(
          script: ScriptCatalog.loadRecords, keys: [keys.rebuild, keys.idempotency(digest: "d")],
          arguments: ["n", "f 1:5", 1000], replaced: [1]),
        Call(
          script: ScriptCatalog.loadHash, keys: [keys.rebuild, target], arguments: ["n", "a", "b"]),
        Call(
          script: ScriptCatalog.loadAnswers, keys: [keys.rebuild, target],
          arguments: ["n", far, "a", "b"]),
        Call(
          script: ScriptCatalog.loadPopular, keys: [keys.rebuild, target],
          arguments: ["n", far, 1, "b"]),
        Call(
          script: ScriptCatalog.openCell,
          keys: [keys.lease, keys.rebuild, keys.stream, keys.complete, keys.trimmed, keys.told],
          arguments: ["n", "2:new", "5-0", "rebuilt", keys.channel],
          replaced: [0, 3, 4, 5]),
      ]
      for call in calls {
        try await refuse(call, bench.client) {
          _ = try await bench.client.send(RedisCommand("SET", keys.rebuild, "n"))
        }
      }
    }
  }

  @Test func `a cell that cannot be read is closed all the same`() async throws {
    try await ScriptBench.run { bench in
      let keys = bench.keys
      for wrong in [keys.stream, keys.trimmed] {
        _ = try await bench.client.send(RedisCommand("SET", keys.lease, ScriptBench.lease))
        _ = try await bench.client.send(RedisCommand("DEL", keys.stream, keys.trimmed))
        _ = try await bench.client.send(RedisCommand("LPUSH", wrong, "text"))
        await #expect(throws: RedisError.self) {
          try await bench.client.evaluate(
            ScriptCatalog.closeCell.script,
            keys: [keys.lease, keys.rebuild, keys.stream, keys.complete, keys.trimmed],
            arguments: ["n"])
        }
        #expect(try await bench.client.send(RedisCommand("EXISTS", keys.lease)).integer == 0)
      }
    }
  }

  // MARK: Rooms

  @Test func `a room and its visitors`() async throws {
    try await RoomBench.run { bench in
      let (keys, lease) = (bench.keys, bench.lease)
      let (ann, ben) = (RoomBench.visitor(1), RoomBench.visitor(2))
      let calls = [
        Call(
          script: ScriptCatalog.joinRoom, keys: keys.forJoin,
          arguments: [lease, 100, RoomBench.visitor(3).binary, 0, ben.binary, 1]),
        Call(
          script: ScriptCatalog.seeTickets, keys: keys.forTickets,
          arguments: [lease, ann.binary, 1, 1, 5, ben.binary, 2, 2, 5]),
        Call(
          script: ScriptCatalog.leaveRoom, keys: keys.forTickets,
          arguments: [lease, "none", "none", 9, 9, ann.binary, 1, ben.binary, 2]),
        Call(
          script: ScriptCatalog.admitTickets, keys: keys.forAdmission,
          arguments: [lease, 1_000_000, 10, 10], replaced: [7]),
        // Only what says how full the room is: the rest is dropped with a generation, or left alone.
        Call(
          script: ScriptCatalog.putRoom, keys: keys.forPut,
          arguments: [
            2, 1, "other", 9, 9, 1000, 1000, 0, 0, "fifo", 0, 100, 0, 3, "", "",
          ], replaced: [1, 2, 4, 5, 6, 7]),
      ]
      for call in calls {
        try await refuse(call, bench.client) {
          try await bench.advance(by: .zero)
          try await bench.put(.wide())
          _ = try await bench.join(ann)
          _ = try await bench.admit()
          _ = try await bench.join(ben)
        }
      }
    }
  }

  @Test func `a pre-queue that is moved`() async throws {
    try await RoomBench.run { bench in
      var terms = RoomTerms.wide()
      terms.opensAt = bench.now + .seconds(10)
      terms.prequeueShuffle = true
      let call = Call(
        script: ScriptCatalog.drawTickets, keys: bench.keys.forDraw,
        arguments: [bench.lease, "move", 1, "", 2, 1])
      let prepared = terms
      try await refuse(call, bench.client) {
        try await bench.advance(by: .zero)
        try await bench.put(prepared)
        _ = try await bench.join(RoomBench.visitor(1), RoomBench.visitor(2))
      }
    }
  }
}
