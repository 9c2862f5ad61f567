import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct StockStoreTests {
  @Test func `a receipt counts at once, with entries on both sides, and is taken once`()
    async throws
  {
    try await StockBench.run { bench in
      let id = Identifier.random
      guard case .taken(let movement) = try await bench.adjust(bench.skus[0], by: 5, id: id) else {
        Issue.record("not taken")
        return
      }
      #expect(movement.moved == 5 && movement.kind == .receipt && movement.source == nil)
      #expect(movement.actor == "clerk" && movement.reason == "counted")
      let account = try #require(
        try await bench.stock.account(
          of: bench.skus[0], scope: .open, in: bench.cell, tenant: bench.tenant))
      #expect(account.level == StockLevel(received: 15) && account.version == 3)
      #expect(account.price == Money(amount: 100, currency: .won))
      #expect(account.product == bench.product && account.market == bench.market)
      #expect(try await bench.commands(CellCommand.putStock).last == account.id)
      let error = await #expect(throws: PostgresError.self) {
        _ = try await bench.adjust(bench.skus[0], by: 5, id: id)
      }
      #expect(error?.sqlState == "23505")
      #expect(try await bench.level(bench.skus[0]).received == 15)
      #expect(try await bench.isBalanced())
    }
  }

  @Test func `what goes out is asked of the cell, and booked as the cell says`() async throws {
    try await StockBench.run { bench in
      guard case .taken(let asked) = try await bench.adjust(bench.skus[0], by: -8) else {
        Issue.record("not taken")
        return
      }
      #expect(asked.moved == nil && asked.finishedAt == nil && asked.wanted == 8)
      #expect(try await bench.commands(CellCommand.takeStock) == [asked.id])
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10))
      let take = bench.facts(takes: [(asked.id, .open, bench.skus[0], 6)])
      #expect(try await bench.apply(take, from: 0, to: 5) == .applied(new: 1))
      #expect(try await bench.apply(take, from: 5, to: 6) == .applied(new: 0))
      #expect(try await bench.level(bench.skus[0]) == StockLevel(received: 10, taken: 6))
      let done = try await bench.stock.movement(asked.id, of: bench.tenant)
      #expect(done?.moved == 6 && done?.finishedAt != nil)
      #expect(try await bench.isBalanced())
      #expect(try await bench.contents.takes([asked.id], of: bench.cell).isEmpty)
      let log = try await bench.stock.movements(
        of: bench.skus[0], tenant: bench.tenant, before: nil, limit: 10)
      #expect(log.count == 2)
    }
  }

  @Test(arguments: ["unknown", "another quantity", "another stock", "more than wanted"])
  func `a take that the ledger does not know is a contradiction`(kind: String) async throws {
    try await StockBench.run { bench in
      guard case .taken(let asked) = try await bench.adjust(bench.skus[0], by: -4) else { return }
      if kind == "another quantity" {
        _ = try await bench.apply(
          bench.facts(takes: [(asked.id, .open, bench.skus[0], 4)]), from: 0, to: 1)
      }
      let wrong: (Identifier, StockScope, SKU, Int) =
        switch kind {
        case "unknown": (.random, .open, bench.skus[0], 4)
        case "another quantity": (asked.id, .open, bench.skus[0], 3)
        case "another stock": (asked.id, .open, bench.skus[1], 4)
        default: (asked.id, .open, bench.skus[0], 5)
        }
      let from = try await bench.cursor()
      let error = await #expect(throws: PostgresError.self) {
        _ = try await bench.apply(bench.facts(takes: [wrong]), from: from, to: 9)
      }
      #expect(error?.sqlState?.hasPrefix("23") == true)
      #expect(try await bench.cursor() == from)
    }
  }

  @Test func `a take of nothing finishes the movement without entries`() async throws {
    try await StockBench.run { bench in
      let entries = try await bench.count("stock_entries")
      guard case .taken(let asked) = try await bench.adjust(bench.skus[0], by: -4) else { return }
      _ = try await bench.apply(
        bench.facts(takes: [(asked.id, .open, bench.skus[0], 0)]), from: 0, to: 1)
      #expect(try await bench.stock.movement(asked.id, of: bench.tenant)?.moved == 0)
      #expect(try await bench.count("stock_entries") == entries)
    }
  }

  @Test func `entries are never changed`() async throws {
    try await StockBench.run { bench in
      for change in [
        "update spillway.stock_entries set quantity = quantity * 2",
        "delete from spillway.stock_entries", "truncate spillway.stock_entries",
      ] {
        let error = await #expect(throws: PostgresError.self) {
          _ = try await bench.pool.query(Statement(unprepared: change))
        }
        #expect(error?.sqlState == "23000")
      }
    }
  }

  @Test func `what has no price in a market is not received there`() async throws {
    try await StockBench.run { bench in
      for sku in [bench.skus[0], SKU("unknown")!] {
        let outcome = try await bench.stock.adjust(
          StockStore.Adjustment(
            id: .random, kind: .receipt, sku: sku, market: Market("US")!,
            cell: CellName("demo.us")!, change: 1, reason: "r", user: bench.user), of: bench.tenant)
        #expect(outcome == .notSold)
      }
    }
  }

  @Test func `a SKU stays with its product, and its prices reach open stock`() async throws {
    try await StockBench.run { bench in
      let other = Identifier.random
      #expect(
        try await bench.products.put(
          SKU("N")!, of: other, name: "n", prices: [:], tenant: bench.tenant, by: bench.user)
          == .unknownProduct)
      _ = try await bench.products.insert(other, name: "Hat", of: bench.tenant, by: bench.user)
      #expect(
        try await bench.products.put(
          bench.skus[0], of: other, name: "n", prices: [:], tenant: bench.tenant, by: bench.user)
          == .otherProduct)
      let us = Market("US")!
      let outcome = try await bench.products.put(
        bench.skus[0], of: bench.product, name: "New",
        prices: [
          us: Money(amount: 9, currency: .dollar), bench.market: Money(amount: 77, currency: .won),
        ], tenant: bench.tenant, by: bench.user)
      guard case .put(let unit) = outcome else {
        Issue.record("\(outcome)")
        return
      }
      #expect(unit.name == "New" && unit.prices[us] == Money(amount: 9, currency: .dollar))
      let account = try await bench.stock.account(
        of: bench.skus[0], scope: .open, in: bench.cell, tenant: bench.tenant)
      #expect(account?.price.amount == 77 && account?.version == 3)
      let again = try await bench.products.put(
        bench.skus[0], of: bench.product, name: "New",
        prices: [bench.market: Money(amount: 77, currency: .won)], tenant: bench.tenant,
        by: bench.user)
      #expect(again != .otherProduct)
      #expect(
        try await bench.stock.account(
          of: bench.skus[0], scope: .open, in: bench.cell, tenant: bench.tenant)?.version == 3)
      let listed = try await bench.products.units(
        of: bench.tenant, product: bench.product, after: SKU("A"), limit: 10)
      #expect(listed.map(\.sku.description) == ["B", "C"])
      #expect(try await bench.products.list(of: bench.tenant, before: nil, limit: 10).count == 2)
    }
  }
}
