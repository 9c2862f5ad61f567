import Domain
import HotPath
import Ledger
import Redis
import TestSupport
import Testing

@testable import Reconciler

/// Postgres comes back from a backup that is older than what Redis knows.
@Suite struct RestoredLedgerTests {
  private typealias Want = OrderBench.Want

  private static let tables = """
    select table_name from information_schema.tables where table_schema = 'spillway' \
    and table_type = 'BASE TABLE'
    """

  /// Each table with its columns, but for those that follow from others.
  private static let columns = """
    select t.table_name || '|' || string_agg(quote_ident(c.column_name), ',') \
    from information_schema.tables t join information_schema.columns c using (table_schema, table_name) \
    where t.table_schema = 'spillway' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER' \
    group by t.table_name
    """

  /// Keeps a copy of all tables.
  private func backUp(_ database: String) async throws {
    var script = "create schema backup;"
    for table in try await SharedServers.psql(url: database, Self.tables).split(separator: "\n") {
      script += "create table backup.\(table) as table spillway.\(table);"
    }
    try await SharedServers.psql(url: database, script)
  }

  /// Puts the copy back, as a restore would.
  private func restore(_ database: String) async throws {
    var script = "begin; set local session_replication_role = replica;"
    for line in try await SharedServers.psql(url: database, Self.columns).split(separator: "\n") {
      let parts = line.split(separator: "|")
      let (table, columns) = (parts[0], parts[1])
      script += """
        delete from spillway.\(table); insert into spillway.\(table) (\(columns)) \
        overriding system value select \(columns) from backup.\(table);
        """
    }
    // Nobody holds a cell after a restore.
    script += "update spillway.cells set reconciler = null, reconciler_until = '-infinity'; commit;"
    try await SharedServers.psql(url: database, script)
  }

  @Test func `orders are replayed, and what was settled since is settled anew`() async throws {
    let database = try await SharedServers.database()
    try await SaleBench.run(
      redis: try await SharedServers.redis().url, database: database
    ) { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 20)])
      try await shop.untilSellable("A")
      let known = try await shop.surelyOrder(
        (0..<3).map { Want(user: "user\($0)", lines: [("A", 2)]) }, life: .seconds(8))
      try #require(known.count == 3)
      try await shop.untilSettled()
      try await backUp(database)
      // Forgotten: a cancellation, a payment, and further orders.
      _ = try await shop.orders.cancel(known[0].id, of: bench.tenant, user: nil, reason: "no")
      _ = try await shop.orders.markPaid([known[1].id], of: bench.tenant)
      let later = try await shop.surelyOrder([Want(user: "late", lines: [("A", 3)])])
      try #require(later.count == 1)
      try await shop.untilSettled()
      await bench.stop(daemon)
      try await restore(database)
      bench.startDaemon()
      try await eventually(within: .seconds(20), "the later order is back") {
        try await shop.status(of: later[0].id) == .pending
      }
      // What nobody paid as far as the ledger knows is over when its time is.
      try await eventually(within: .seconds(30), "the known orders are cancelled") {
        for order in known where try await shop.status(of: order.id) != .cancelled { return false }
        return true
      }
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 20, reserved: 3))
      #expect(try await shop.breaches() == [])
    }
  }

  @Test func `an order of stock that was given back since waits until that is given back again`()
    async throws
  {
    var limits = ReconcilerLimits()
    limits.haltedInterval = .milliseconds(200)
    let database = try await SharedServers.database()
    try await SaleBench.run(
      redis: try await SharedServers.redis().url, database: database, limits: limits
    ) { bench in
      let daemon = bench.startDaemon()
      let shop = try await OrderBench(bench, stock: [("A", 3)])
      try await shop.untilSellable("A")
      let first = try await shop.surelyOrder(
        [Want(user: "ann", lines: [("A", 2)])], life: .seconds(4))
      try #require(first.count == 1)
      try await shop.untilSettled()
      try await backUp(database)
      _ = try await shop.orders.cancel(first[0].id, of: bench.tenant, user: nil, reason: "no")
      try await shop.untilSettled()
      let second = try await shop.surelyOrder([Want(user: "ben", lines: [("A", 3)])])
      try #require(second.count == 1)
      try await shop.untilSettled()
      await bench.stop(daemon)
      try await restore(database)
      bench.startDaemon()
      try await eventually(within: .seconds(30), "the second order is back") {
        try await shop.status(of: second[0].id) == .pending
      }
      #expect(try await shop.status(of: first[0].id) == .cancelled)
      try await shop.untilSettled()
      #expect(try await shop.levelInRedis("A") == StockLevel(received: 3, reserved: 3))
      #expect(try await shop.breaches() == [])
    }
  }
}
