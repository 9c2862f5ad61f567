import Domain
import HotPath
import Redis
import TestSupport
import Testing

@Suite struct SettleScriptTests {
  private func granted(
    _ bench: StockBench, _ user: String, _ lines: [(String, Int)]
  ) async throws -> Identifier {
    let order = bench.order(bench.sale(), user, lines)
    #expect(try await bench.reserve(order)?.isGranted == true)
    return order.order
  }

  @Test func `a release gives everything back, once`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5, limit: 3)
      try await bench.put("b", 5)
      let order = try await granted(bench, "ann", [("a", 2), ("b", 1)])
      let other = try await granted(bench, "ann", [("a", 1)])
      let accounts: [(StockScope, String)] = [(.open, "a"), (.open, "b")]
      let first = try await bench.settle(
        [(.release, order), (.release, order)], accounts: accounts)
      #expect(first[0].integer == 1 && first[1].integer == 0)
      #expect(first[2].text?.isEmpty == false)
      let again = try await bench.settle([(.release, order)], accounts: accounts)
      #expect(again[0].integer == 0 && again[1].text == "")
      #expect(try await bench.level("a") == StockLevel(received: 5, reserved: 1))
      #expect(try await bench.level("b") == StockLevel(received: 5))
      #expect(try await bench.fields(bench.keys.bought(.open, SKU("a")!)) == ["ann": "1"])
      #expect(Array(try await bench.fields(bench.keys.reserved).keys) == ["\(OrderKey(of: other))"])
      let day = try await bench.today().day
      #expect(
        try await bench.fields(bench.keys.popular(day: day), sorted: true) == ["p-a": "1"])
    }
  }

  @Test func `a commit makes the pieces sold, once, and a release behind it does nothing`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 5, limit: 3)
      let order = try await granted(bench, "ann", [("a", 2)])
      let replies = try await bench.settle(
        [(.commit, order), (.commit, order), (.release, order)], accounts: [(.open, "a")])
      #expect((0..<3).map { replies[$0].integer } == [1, 0, 0])
      #expect(try await bench.level("a") == StockLevel(received: 5, sold: 2))
      #expect(try await bench.fields(bench.keys.bought(.open, SKU("a")!)) == ["ann": "2"])
      #expect(try await bench.fields(bench.keys.reserved).isEmpty)
    }
  }

  @Test func `the last of a user's pieces leave no field behind`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5, limit: 3)
      let order = try await granted(bench, "ann", [("a", 2)])
      _ = try await bench.settle([(.release, order)], accounts: [(.open, "a")])
      #expect(try await bench.fields(bench.keys.bought(.open, SKU("a")!)).isEmpty)
      let day = try await bench.today().day
      #expect(try await bench.fields(bench.keys.popular(day: day), sorted: true).isEmpty)
    }
  }

  @Test func `pieces from before there was a limit are not taken off what counts`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 9)
      let before = try await granted(bench, "ann", [("a", 4)])
      try await bench.put("a", 9, limit: 3, version: 2)
      _ = try await granted(bench, "ann", [("a", 2)])
      _ = try await bench.settle([(.release, before)], accounts: [(.open, "a")])
      #expect(try await bench.fields(bench.keys.bought(.open, SKU("a")!)) == ["ann": "2"])
      #expect(try await bench.level("a") == StockLevel(received: 9, reserved: 2))
    }
  }

  @Test func `an order whose stock was not named is left alone, its neighbours are settled`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      try await bench.put("b", 5)
      let orders = [
        try await granted(bench, "ann", [("a", 1), ("b", 1)]),
        try await granted(bench, "ben", [("a", 1)]),
      ]
      let replies = try await bench.settle(
        orders.map { (.release, $0) }, accounts: [(.open, "a")])
      #expect(replies[0].integer == -1 && replies[1].integer == 1)
      #expect(try await bench.level("a")?.reserved == 1)
      #expect(try await bench.level("b")?.reserved == 1)
    }
  }

  @Test func `nodes are told of a release, with its scope`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let order = try await granted(bench, "ann", [("a", 1)])
      let url = try await SharedServers.redis().url
      let subscriber = try RedisSubscriber(
        configuration: .patient(url: url), loop: bench.client.loop)
      var heard: [String] = []
      subscriber.subscribe(String(decoding: bench.keys.channel, as: UTF8.self)) { _, message in
        heard.append(String(decoding: message, as: UTF8.self))
      }
      subscriber.start()
      try await subscriber.whenReady(deadline: .seconds(60))
      _ = try await bench.settle([(.release, order)], accounts: [(.open, "a")])
      try await bench.put("a", 6, version: 2)
      try await eventually { heard.count >= 2 }
      #expect(heard == ["stock open", "stock open"])
      subscriber.close()
    }
  }
}
