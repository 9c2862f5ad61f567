import Domain
import Redis
import TestSupport
import Testing

@testable import HotPath

@Suite struct ReserveScriptTests {
  private static func id() -> Identifier { ScriptBench.campaignID() }

  @Test func `an order reserves all of its lines at the prices of the cell`() async throws {
    try await StockBench.run { bench in
      try await bench.put("shoe.42", 5, price: 9_900)
      try await bench.put("sock", 7, price: 500)
      let order = bench.order(bench.sale(), "ann", [("shoe.42", 1), ("sock", 3)])
      let now = try #require(try await bench.reserve([order]).now)
      let deadline = now + .milliseconds(StockBench.life)
      #expect(
        order.decision
          == .granted(
            Reservation(
              order: order.order, deadline: deadline, currency: .won, unitPrices: [9_900, 500])))
      #expect(try await bench.level("shoe.42") == StockLevel(received: 5, reserved: 1))
      #expect(try await bench.level("sock") == StockLevel(received: 7, reserved: 3))
      #expect(
        try await bench.reservedFacts() == ["\(order.order) ann open shoe.42x1@9900+sockx3@500"])
      let day = now.milliseconds / 86_400_000
      #expect(
        try await bench.fields(bench.keys.reserved)
          == [
            "\(order.key)":
              "\("\(order.order)".prefix(13)) ann \(order.fingerprint) - \(deadline.milliseconds) KRW "
              + "shoe.42:1:9900,sock:3:500"
          ])
      #expect(
        try await bench.fields(bench.keys.popular(day: Int(day)), sorted: true)
          == ["p-shoe.42": "1", "p-sock": "3"])
    }
  }

  @Test func `each of a batch has the prices of its own lines, told once while they stay`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 9, price: 100)
      try await bench.put("b", 9, price: 7)
      try await bench.put("c", 0)
      let sale = bench.sale()
      let wants: [[(String, Int)]] = [
        [("a", 1)], [("a", 1)], [("c", 1)], [("a", 2)], [("b", 1)], [("a", 1), ("b", 1)],
        [("b", 3)], [("b", 3)],
      ]
      let orders = wants.map { bench.order(sale, "ann", $0) }
      let reply = try await bench.reserve(orders).reply
      let prices = ["a": 100, "b": 7]
      for (order, want) in zip(orders, wants) where want[0].0 != "c" {
        guard case .granted(let reservation) = order.decision else {
          Issue.record("refused")
          continue
        }
        #expect(reservation.unitPrices == want.map { prices[$0.0] })
        #expect(reservation.order == order.order)
      }
      #expect(orders[2].decision == .short([Shortage(line: 0, available: 0)]))
      #expect(
        reply.split(separator: "\n").dropFirst()
          == ["GKRW 100", "=", "S1:0", "=", "GKRW 7", "GKRW 100,7", "GKRW 7", "="])
    }
  }

  @Test func `a crowd that can all have one basket is told so at once, and else one by one`()
    async throws
  {
    try await StockBench.run { bench in
      try await bench.put("a", 9, price: 100)
      try await bench.put("b", 5, price: 7)
      let sale = bench.sale()
      func answers(_ orders: [StockBench.Order]) async throws -> [Substring] {
        Array(try await bench.reserve(orders).reply.split(separator: "\n").dropFirst())
      }
      func crowd(_ count: Int, _ lines: [(String, Int)], key: UInt64? = nil) -> [StockBench.Order] {
        (0..<count).map { bench.order(sale, "U\($0)", lines, key: key) }
      }
      let first = crowd(3, [("a", 1), ("b", 1)])
      #expect(try await answers(first) == ["GKRW 100,7", "=2"])
      for order in first {
        guard case .granted(let reservation) = order.decision else {
          Issue.record("refused")
          continue
        }
        #expect(reservation.order == order.order && reservation.unitPrices == [100, 7])
      }
      // Two are left of b.
      #expect(try await answers(crowd(3, [("b", 1)])) == ["GKRW 7", "=", "S1:0"])
      // One key, used twice at once, and by somebody else.
      let twice = (0..<2).flatMap { _ in crowd(1, [("a", 1)], key: 7) }
      #expect(try await answers(twice).first == "GKRW 100")
      guard case .replayed(let reservation) = twice[1].decision else {
        Issue.record("not replayed")
        return
      }
      #expect(reservation.order == twice[0].order)
      // The same key again, among others.
      #expect(try await answers(crowd(2, [("a", 1)]) + crowd(1, [("a", 1)], key: 7)).count == 3)
      #expect(try await bench.level("a") == StockLevel(received: 9, reserved: 6))
      #expect(try await bench.level("b") == StockLevel(received: 5, reserved: 5))
      #expect(try await bench.reservedFacts().count == 8)
    }
  }

  @Test func `too little of one line reserves nothing of the others`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      try await bench.put("b", 1)
      try await bench.put("c", 0)
      let order = bench.order(bench.sale(), "ann", [("a", 2), ("b", 2), ("c", 1)])
      #expect(
        try await bench.reserve(order)
          == .short([Shortage(line: 1, available: 1), Shortage(line: 2, available: 0)]))
      #expect(try await bench.level("a") == StockLevel(received: 5))
      #expect(try await bench.reservedFacts().isEmpty)
      #expect(try await bench.fields(bench.keys.reserved).isEmpty)
    }
  }

  @Test func `the last pieces go to whoever came first in a batch`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 3)
      let sale = bench.sale()
      let orders = ["ann", "ben", "cat", "dan"].map { bench.order(sale, $0, [("a", 2)]) }
      let small = bench.order(sale, "eve", [("a", 1)])
      try await bench.reserve(orders + [small])
      #expect(orders[0].decision?.isGranted == true)
      #expect(orders[1].decision == .short([Shortage(line: 0, available: 1)]))
      #expect(orders[3].decision == .short([Shortage(line: 0, available: 1)]))
      #expect(small.decision?.isGranted == true)
      #expect(try await bench.level("a")?.available == 0)
    }
  }

  @Test func `lines that name the same SKU are counted together`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5, limit: 4)
      let sale = bench.sale()
      let three = bench.order(sale, "ann", [("a", 3), ("a", 3)])
      #expect(try await bench.reserve(three) == .limitReached(line: 0, limit: 4, has: 0))
      let two = bench.order(sale, "ann", [("a", 2), ("a", 2)])
      #expect(try await bench.reserve(two)?.isGranted == true)
      #expect(two.lines.count == 1)
      #expect(try await bench.level("a")?.reserved == 4)
    }
  }

  @Test func `a script that is given a SKU twice does not sell it twice`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 3)
      let sale = bench.sale()
      let before = sale.stock(SKU("a")!)
      sale.forgetStocks()
      let after = sale.stock(SKU("a")!)
      func order(_ user: String, _ stocks: HotStock...) -> StockBench.Order {
        let other = bench.order(sale, user, [("a", 1)])
        return StockBench.Order(
          sale: sale, user: user,
          idempotency: RequestIdempotency(
            key: RequestDigest(high: other.key.first.high, low: other.key.first.low),
            fingerprint: other.fingerprint),
          lines: stocks.map { .init(stock: $0, quantity: 2) })
      }
      let twice = order("ann", before, after)
      guard case .short = try await bench.reserve(twice) else {
        Issue.record("\(String(describing: twice.outcome))")
        return
      }
      let one = [order("ann", before), order("ben", after)]
      try await bench.reserve(one)
      #expect(one[0].decision?.isGranted == true)
      #expect(one[1].decision == .short([Shortage(line: 0, available: 1)]))
      #expect(try await bench.level("a") == StockLevel(received: 3, reserved: 2))
    }
  }

  @Test func `a user gets no more than the limit, over all orders`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 10, limit: 3)
      try await bench.put("b", 10)
      let sale = bench.sale()
      let first = bench.order(sale, "ann", [("a", 2)])
      let second = bench.order(sale, "ann", [("b", 5), ("a", 2)])
      let third = bench.order(sale, "ann", [("a", 1)])
      let other = bench.order(sale, "ben", [("a", 3)])
      try await bench.reserve([first, second, third, other])
      #expect(first.decision?.isGranted == true)
      #expect(second.decision == .limitReached(line: 1, limit: 3, has: 2))
      #expect(third.decision?.isGranted == true)
      #expect(other.decision?.isGranted == true)
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1)]))
          == .limitReached(line: 0, limit: 3, has: 3))
      #expect(
        try await bench.fields(bench.keys.bought(.open, SKU("a")!)) == ["ann": "3", "ben": "3"])
      #expect(try await bench.fields(bench.keys.bought(.open, SKU("b")!)).isEmpty)
    }
  }

  @Test func `what is not sold here is named by line`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      let order = bench.order(bench.sale(), "ann", [("x", 1), ("a", 1), ("y", 1)])
      #expect(try await bench.reserve(order) == .unknownSKUs(lines: [0, 2]))
      #expect(try await bench.level("a") == StockLevel(received: 5))
    }
  }

  @Test func `an order has one currency`() async throws {
    try await StockBench.run { bench in
      try await bench.put("a", 5)
      try await bench.put("b", 5, currency: .dollar)
      let sale = bench.sale()
      #expect(
        try await bench.reserve(bench.order(sale, "ann", [("a", 1), ("b", 1)]))
          == .mixedCurrencies)
      let dollars = bench.order(sale, "ann", [("b", 1)])
      guard case .granted(let reservation) = try await bench.reserve(dollars) else {
        Issue.record("refused")
        return
      }
      #expect(reservation.currency == .dollar)
    }
  }

  @Test func `a sale takes orders while it is open and its stock is there`() async throws {
    try await StockBench.run { bench in
      let ids = (0..<4).map { _ in Self.id() }
      let far = Instant(milliseconds: 3_000_000_000_000)
      let past = Instant(milliseconds: 1)
      try await bench.put(sale: ids[0], SaleTerms(opensAt: far, closesAt: .latest))
      try await bench.put(sale: ids[1], SaleTerms(opensAt: past, closesAt: past))
      try await bench.put(sale: ids[2], .open(), isReady: false)
      var decisions: [ReserveDecision?] = []
      for id in ids {
        try await bench.put("a", 1, scope: .sale(id))
        let order = bench.order(bench.sale(.sale(id)), "ann", [("a", 1)])
        decisions.append(try await bench.reserve(order))
      }
      #expect(decisions == [.notOpen(until: far), .closed, .notReady, .unknownSale])
    }
  }

  @Test func `stock of one scope is not sold in another, also within a batch`() async throws {
    try await StockBench.run { bench in
      let id = Self.id()
      try await bench.put(sale: id, .open())
      try await bench.put("a", 1, scope: .sale(id), price: 50)
      try await bench.put("a", 1, price: 80)
      let (sale, open) = (bench.sale(.sale(id)), bench.sale())
      let orders = [
        bench.order(open, "ann", [("a", 1)]), bench.order(sale, "ben", [("a", 1)]),
        bench.order(open, "cat", [("a", 1)]), bench.order(sale, "dan", [("a", 1)]),
      ]
      try await bench.reserve(orders)
      #expect(orders.map { $0.decision?.isGranted } == [true, true, false, false])
      #expect(
        try await bench.reservedFacts() == [
          "\(orders[0].order) ann open ax1@80", "\(orders[1].order) ben \(id) ax1@50",
        ])
    }
  }
}

extension ReserveDecision {
  var isGranted: Bool { if case .granted = self { true } else { false } }
}
