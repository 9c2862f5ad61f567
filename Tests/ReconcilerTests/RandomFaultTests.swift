import Domain
import Embedded
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

/// Random claims and random faults in turn, from a seed.
@Suite struct RandomFaultTests {
  private enum Fault: CaseIterable {
    case none
    case flushRedis
    case restartRedis
    case killRedis
    case killPostgres
    case freeze
    case kill
    case stop
    case seize
    case rebuild
  }

  /// What a run holds on to.
  private final class Scene {
    let bench: SaleBench
    let redis: RedisServer
    let postgres: PostgresServer
    var daemons: [ForeignDaemon] = []
    var frozen: [ForeignDaemon] = []

    init(_ bench: SaleBench, _ redis: RedisServer, _ postgres: PostgresServer) {
      self.bench = bench
      self.redis = redis
      self.postgres = postgres
    }

    func add() async throws { daemons.append(try await bench.startForeignDaemon()) }

    func strike(_ fault: Fault) async throws {
      switch fault {
      case .none: break
      case .flushRedis: _ = try? await bench.redis.send(RedisCommand("FLUSHALL"))
      case .restartRedis: try await redis.restart()
      case .killRedis:
        redis.kill()
        try await redis.restart()
      case .killPostgres:
        postgres.kill(signal: 3)
        try await postgres.restart()
      case .freeze:
        let daemon = daemons.removeFirst()
        daemon.freeze()
        frozen.append(daemon)
        try await add()
      case .kill:
        daemons.removeFirst().kill()
        try await add()
      case .stop:
        try await daemons.removeFirst().stop()
        try await add()
      case .seize:
        // The ledger may be coming back.
        _ = try? await bench.pool.query("update spillway.cells set reconciler = 'nobody'")
      case .rebuild:
        _ = try? await CellRebuild(
          redis: bench.router, pool: bench.pool, logger: .init(label: "rebuild", sink: .none)
        ).run(bench.cell)
      }
      if !frozen.isEmpty, frozen.count > 1 || fault == .none { frozen.removeFirst().unfreeze() }
    }

    func end() async throws {
      for daemon in frozen { daemon.unfreeze() }
      for daemon in daemons + frozen { try await daemon.stop() }
    }
  }

  @Test func `whatever happens, the ledger has no contradiction and loses nothing but by a wipe`()
    async throws
  {
    var options = PostgresServer.Options()
    options.sharedBuffers = 32
    try await withServers(redis: .init(fsync: .always), postgres: options) { redis, postgres in
      try await SaleBench.run(redis: redis.url, database: postgres.url) { bench in
        let scene = Scene(bench, redis, postgres)
        try await scene.add()
        try await scene.add()
        let campaign = try await bench.createCampaign(quantity: 1_500, perUserLimit: 2)
        try await bench.untilClaimable(campaign)
        var random = SeededGenerator()
        var acknowledged: Set<SaleBench.Grant> = []
        for _ in 0..<10 {
          let fault = Fault.allCases.randomElement(using: &random)!
          let steps = Int.random(in: 0..<12, using: &random)
          // Mostly faults follow each other while the cell is still closed; not always.
          if Bool.random(using: &random) {
            try await bench.untilClaimable(campaign)
          }
          for _ in 0..<steps {
            let users = (0..<Int.random(in: 1...30, using: &random)).map { _ in
              "user\(Int.random(in: 0..<900, using: &random))"
            }
            acknowledged.formUnion(try await bench.claim(campaign, users) ?? [])
          }
          // A wipe may take what was not in the ledger yet; so it is struck when nothing is.
          if fault == .flushRedis { try await bench.untilDrained() }
          try await scene.strike(fault)
        }
        try await bench.untilClaimable(campaign)
        try await bench.untilDrained()
        let inLedger = try await bench.ledgerGrants(campaign)
        #expect(inLedger.isSuperset(of: acknowledged))
        #expect(try await bench.disagreement(campaign) == nil)
        #expect(try await Audit(redis: bench.router, pool: bench.pool).run().breaches == [])
        #expect(!bench.log.lines.contains { $0.contains("\"closed a cell\"") })
        try await scene.end()
      }
    }
  }
}
