import Domain
import EventLoop
import Postgres
import TestSupport
import Testing

@testable import API

/// Payments that meet each other, the end of their order, or a part that fails.
@Suite struct PaymentFaultTests {
  @Test func `of many payments of one order one is made, and debited once`() async throws {
    try await withShop { shop in
      try await shop.stock("a", 5)
      try await shop.credit("bob", 100_000)
      let order = try await shop.reserve([("a", 1)])
      // Eight keys, each sent four times, all at once.
      let answers = try await together(shop, 32) { try await shop.pay(order, key: "k\($0 % 8)") }
      let paid = answers.filter { $0.status == 200 }
      #expect(paid.count == 4)
      #expect(Set(try paid.map { try $0.json["data"]?["payment_id"]?.string }).count == 1)
      #expect(paid.count { $0.headers["idempotent-replayed"] == nil } == 1)
      for answer in answers where answer.status != 200 {
        #expect(answer.status == 409, "\(answer.text)")
        #expect(answer.code == "ORDER_STATE_CONFLICT")
      }
      #expect(try await shop.balance("bob") == 99_000)
    }
  }

  @Test func `a balance that is short in the middle of a batch stops that payment alone`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 40)
      var orders: [String] = []
      for user in 0..<20 {
        // Every third has too little.
        try await shop.credit("u\(user)", user % 3 == 0 ? 999 : 1_000)
        orders.append(try await shop.reserve([("a", 1)], "u\(user)"))
      }
      let wanted = orders
      let answers = try await together(shop, 20) { try await shop.pay(wanted[$0], "u\($0)") }
      for (user, answer) in answers.enumerated() {
        #expect(answer.status == (user % 3 == 0 ? 402 : 200), "\(answer.text)")
        #expect(try await shop.balance("u\(user)") == (user % 3 == 0 ? 999 : 0))
      }
    }
  }

  @Test func `two orders of one wallet that has enough for one are decided one after the other`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 40)
      try await shop.credit("bob", 1_500)
      let orders = [
        try await shop.reserve([("a", 1)]), try await shop.reserve([("a", 1)]),
        try await shop.reserve([("a", 1)]),
      ]
      let answers = try await together(shop, 3) { try await shop.pay(orders[$0]) }
      #expect(answers.map(\.status).sorted() == [200, 402, 402])
      #expect(try await shop.balance("bob") == 500)
    }
  }

  @Test func `payment and cancellation never both win`() async throws {
    try await withShop { shop in
      let (pieces, money, rounds) = (60, 1_000_000, 10)
      try await shop.stock("a", pieces)
      try await shop.credit("bob", money)
      var paidFirst = 0
      for round in 0..<rounds {
        let order = try await shop.reserve([("a", 1)])
        let answers = try await together(shop, 2) { number in
          number == round % 2
            ? try await shop.pay(order)
            : try await shop.api.ask(
              "POST", "/v1/orders/\(order)/cancel", token: "shop:bob:USER",
              headers: [("X-Idempotency-Key", Shop.anyKey)], body: #"{"reason":"changed"}"#)
        }
        let (payment, cancellation) = (answers[round % 2], answers[1 - round % 2])
        // Whoever comes first, it can be cancelled: what was paid goes back.
        #expect(cancellation.status == 200, "\(cancellation.text)")
        let found = try #require(try await shop.get("/v1/orders/\(order)").json["data"])
        #expect(found["status"] == "CANCELLED", "\(found)")
        let back = found["refunds"]?.array?.map { $0["amount"]?["amount"]?.integer }
        if payment.status == 200 {
          paidFirst += 1
          #expect(found["payment"]?["amount"]?["amount"] == 1_000 && back == [1_000])
        } else {
          #expect(payment.status == 409 && payment.code == "ORDER_STATE_CONFLICT")
          #expect(found["payment"] == .null && back == [])
        }
        #expect(try await shop.balance("bob") == money)
      }
      try await eventually("all pieces are on sale, and those that were sold are back") {
        try await shop.level("a") == [pieces, 0, paidFirst]
      }
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `an order whose time is over cannot be paid, and payment and expiry never both win`()
    async throws
  {
    try await withShop(reservation: .seconds(1)) { shop in
      try await shop.stock("a", 10)
      try await shop.credit("bob", 100_000)
      let late = try await shop.reserve([("a", 1)])
      try await eventually(within: .seconds(20), "the order has lapsed") {
        try await shop.status(of: late) == "CANCELLED"
      }
      let refused = try await shop.pay(late)
      #expect(refused.status == 410, "\(refused.text)")
      #expect(refused.code == "EXPIRED")
      #expect(try await shop.balance("bob") == 100_000)
      // Payments all around the deadline.
      var orders: [String] = []
      for _ in 0..<8 { orders.append(try await shop.reserve([("a", 1)])) }
      let wanted = orders
      let answers = try await together(shop, 8) { number in
        await shop.api.loop.sleep(for: .milliseconds(850 + 50 * number))
        return try await shop.pay(wanted[number])
      }
      let paid = answers.count { $0.status == 200 }
      for answer in answers where answer.status != 200 { #expect(answer.status == 410) }
      #expect(try await shop.balance("bob") == 100_000 - 1_000 * paid)
      try await eventually(within: .seconds(20), "what was not paid is back") {
        try await shop.level("a") == [10 - paid, 0, paid]
      }
    }
  }

  @Test func `an order that another node acknowledged is found on its way`() async throws {
    try await withShop(configure: { $0.paymentLimits.rememberedOrders = 0 }) { shop in
      try await shop.stock("a", 20)
      try await shop.credit("bob", 20_000)
      for _ in 0..<5 {
        let order = try await shop.reserve([("a", 1)])
        let answers = try await together(shop, 2) { try await shop.pay(order, ["bob", "eve"][$0]) }
        #expect(answers.map(\.status) == [200, 404])
      }
      #expect(try await shop.balance("bob") == 15_000)
    }
  }

  @Test
  func `without a reconciler a payment waits for its deadline, and then completes by its key`()
    async throws
  {
    try await withShop { shop in
      try await shop.stock("a", 5)
      try await shop.credit("bob", 5_000)
      await shop.daemon.stop()
      let order = try await shop.reserve([("a", 1)])
      // Only who waits in vain has so short a deadline.
      var settings = APISettings()
      settings.limits.requestDeadline = .milliseconds(1_500)
      let impatient = try APIUnderTest(
        SpillwayRoutes.table, services: shop.api.services, loop: shop.api.loop, settings: settings)
      defer { impatient.server.close() }
      let waited = try await Shop(
        api: impatient, daemon: shop.daemon, redis: shop.redis, database: shop.database,
        proxy: shop.proxy
      ).pay(order, key: "k")
      #expect(waited.status == 503, "\(waited.text)")
      #expect(waited.code == "INTERNAL_RETRYABLE")
      #expect(waited.headers["retry-after"] != nil)
      #expect(try await shop.balance("bob") == 5_000)
      let daemon = try shop.startReconciler()
      try await eventually(within: .seconds(60), "the payment completes") {
        let paid = try await shop.pay(order, key: "k")
        #expect([200, 503].contains(paid.status), "\(paid.text)")
        return paid.status == 200
      }
      #expect(try await shop.balance("bob") == 4_000)
      await daemon.stop()
    }
  }

  @Test func `when the ledger dies between commit and answer, the retry returns the first result`()
    async throws
  {
    try await withShop(isProxied: true) { shop in
      let proxy = try #require(shop.proxy)
      let user = "payer.of.the.lost.answer"
      try await shop.stock("a", 5)
      try await shop.credit(user, 5_000)
      let order = try await shop.reserve([("a", 1)], user)
      #expect(try await shop.get("/v1/orders/\(order)", "\(user):USER").status == 200)
      // Whoever asks the ledger for this user's sake from now on is cut off when the answer comes.
      var cuts = 0
      proxy.cutsAfter = { text in
        guard text.contains(user) else { return false }
        cuts += 1
        return true
      }
      let lost = try await shop.pay(order, user, key: "k")
      #expect(lost.status == 503, "\(lost.text)")
      #expect(cuts == 1)
      proxy.cutsAfter = nil
      try await eventually("the first result comes again") {
        let paid = try await shop.pay(order, user, key: "k")
        guard paid.status == 200 else { return false }
        #expect(paid.headers["idempotent-replayed"] == "true")
        return true
      }
      #expect(try await shop.balance(user) == 4_000)
    }
  }
}
