import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

/// Wallets whose lots expire by the ledger's clock while they are spent, set aside, paid with and swept.
@Suite struct WalletExpiryRaceTests {
  private static let users = ["ann", "ben", "cat"]
  private static let racers = 6
  private static let steps = 40

  @Test func `what expires while it is spent takes nothing else with it`() async throws {
    try await StockBench.run { bench in
      var random = SeededGenerator()
      let seed = random.seed
      let orders = try await bench.placed(
        (0..<Self.racers * Self.steps).map { number in
          .init(user: Self.users[number % Self.users.count], lines: [("A", 1, 100)])
        })
      var failures: [String] = []
      let racers = (0..<Self.racers).map { racer in
        var random = SeededGenerator(seed: random.next())
        let orders = orders[racer * Self.steps..<(racer + 1) * Self.steps]
        return bench.pool.loop.spawn {
          do {
            for order in orders { try await step(bench, order, &random) }
          } catch {
            failures.append("\(error)")
          }
        }
      }
      for racer in racers { await racer.value }
      #expect(failures == [], "seed \(seed)")
      #expect(try await bench.moneyFaults() == [], "seed \(seed)")
    }
  }

  private func step(
    _ bench: StockBench, _ order: StockBench.Order, _ random: inout SeededGenerator
  ) async throws {
    let amount = Int.random(in: 1...200, using: &random)
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1: try await credit(bench, order.user, amount, &random)
    case 2: _ = try await bench.wallets.debit([bench.posting(amount, user: order.user)])
    case 3: try await hold(bench, order.user, amount, capturing: Bool.random(using: &random))
    case 4: _ = try await bench.pay([bench.wish(order)])
    default: _ = try await bench.wallets.expireLots(limit: 2)
    }
  }

  /// Half of it never expires; the rest in the moments to come.
  private func credit(
    _ bench: StockBench, _ user: String, _ amount: Int, _ random: inout SeededGenerator
  ) async throws {
    let life = Int64.random(in: 0...100, using: &random)
    let clock = try await bench.pool.query("select clock_timestamp()")
    let now = Instant(try clock[0].decode(0, as: PostgresTimestamp.self))
    let expiry = Bool.random(using: &random) ? now + .milliseconds(life) : nil
    _ = try await bench.wallets.credit([bench.posting(amount, user: user, expiresAt: expiry)])
  }

  private func hold(
    _ bench: StockBench, _ user: String, _ amount: Int, capturing: Bool
  ) async throws {
    let hold = WalletStore.Hold(
      id: .random, user: UserID(user)!, unit: .currency(.won), amount: amount, reason: "trip",
      actor: "clerk")
    guard try await bench.wallets.place(hold, tenant: bench.tenant).outcome == .placed else {
      return
    }
    if capturing {
      _ = try await bench.wallets.capture(
        amount, of: hold.id, tenant: bench.tenant, to: .revenue, as: .random, by: .init("clerk"))
    } else {
      _ = try await bench.wallets.release(hold.id, tenant: bench.tenant, by: .init("clerk"))
    }
  }
}
