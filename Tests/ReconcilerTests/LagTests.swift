import Domain
import Embedded
import HotPath
import Redis
import Telemetry
import TestSupport
import Testing

@testable import Reconciler
@testable import Services

/// How far the ledger is behind, as gauges and reports tell it.
@Suite struct LagTests {
  private func lag(_ bench: SaleBench) -> Double {
    CellMetrics(bench.metrics, cell: bench.cell).currentLag.value
  }

  /// Milliseconds since 1970 by Redis' clock.
  private func time(_ bench: SaleBench) async throws -> Int {
    let time = try await bench.redis.send(RedisCommand("TIME"))
    return time[0].integer! * 1000 + time[1].integer! / 1000
  }

  @Test func `the lag grows while Postgres is away, and is zero when the ledger has caught up`()
    async throws
  {
    var options = PostgresServer.Options()
    options.sharedBuffers = 32
    try await withPostgres(options) { postgres in
      let redis = try await SharedServers.redis().url
      try await SaleBench.run(redis: redis, database: postgres.url) { bench in
        bench.startDaemon()
        let campaign = try await bench.createCampaign(quantity: 1000)
        try await bench.untilClaimable(campaign)
        try await bench.surelyClaim(campaign, ["ann"])
        try await bench.untilDrained()
        postgres.kill(signal: 3)
        var users = 0
        try await eventually("the lag grows") {
          users += 1
          try await bench.surelyClaim(campaign, ["ben\(users)"])
          return self.lag(bench) > 1
        }
        await postgres.stop()
        try await postgres.start()
        try await eventually(within: .seconds(60), "nothing waits") {
          let coupons = try? await bench.ledgerGrants(campaign).count
          guard coupons == users + 1 else { return false }
          return self.lag(bench) == 0
        }
      }
    }
  }

  @Test func `a report tells the lag to the millisecond`() async throws {
    try await SaleBench.run { bench in
      let campaign = try await bench.createCampaign(quantity: 10)
      #expect(campaign.cell == bench.cell)
      let reporter = CellReporter(pool: bench.pool, redis: bench.router)
      for age in [5, 250, 500, 750] {
        let now = try await time(bench)
        _ = try await bench.redis.send(RedisCommand("DEL", bench.keys.stream))
        _ = try await bench.redis.send(
          RedisCommand("XADD", bench.keys.stream, "\(now - age)-0", "kind", "payload"))
        let report = try await reporter.reports(of: bench.tenant, after: nil, limit: 10)[0]
        let lag = try #require(report.stream?.lagMilliseconds)
        let passed = try await time(bench) - now
        #expect(lag >= age && lag <= age + passed)
      }
    }
  }
}
