import Domain
import EventLoop
import Foundation
import HotPath
import Ledger
import Redis
import Services
import TestSupport
import Testing

@testable import Reconciler

/// Cells on a real cluster whose servers are killed and whose slots move.
@Suite(.serialized) struct ClusterTests {
  @Test func `a killed master's cells come back vouched on its replica, none over the quantity`()
    async throws
  {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { first in
      let sale = try await ClusterSale.make(first, on: cluster, cellsPerMaster: 2)
      first.startDaemon()
      try await sale.untilClaimable()
      try await sale.claim(rounds: 3)
      for cell in sale.cells { try await cell.bench.untilDrained() }
      let before = try await sale.ledger()

      let victim = try await sale.cells[0].owner(in: cluster)
      let old = try await victim.runID()
      let epochs = try await sale.epochs()
      victim.server.kill()
      // The other servers' cells go on meanwhile.
      let others = sale.cells.filter { $0.port != victim.port }
      #expect(others.count == 4)
      for cell in others { try await cell.surelyClaim(40) }
      try await sale.untilClaimable(within: .seconds(30))
      try await sale.claim(rounds: 30)
      for cell in sale.cells {
        try await cell.bench.untilDrained(within: .seconds(20))
        #expect(try await cell.bench.disagreement(cell.campaign) == nil)
        let grants = try await cell.bench.ledgerGrants(cell.campaign)
        #expect(grants.count == ClusterSale.quantity)
        #expect(grants.isSuperset(of: before[cell.bench.cell]!))
        let record = try await cell.bench.record()
        #expect(record.runID == cell.bench.redis.runID)
        if cell.port == victim.port {
          #expect(record.epoch > epochs[cell.bench.cell]!)
          #expect(record.runID != old)
        }
      }
      #expect(try await Audit(redis: first.router, pool: first.pool).run().breaches == [])

      // The old master comes back with the old lease, and takes no claims under it.
      try await victim.server.restart()
      let lost = sale.cells[0]
      let reply = await redisError {
        try await victim.send(
          "EVAL", "return redis.call('GET', KEYS[1])", 1, lost.bench.keys.lease)
      }
      #expect(reply?.isServer("MOVED") == true || reply?.isServer("CLUSTERDOWN") == true)
    }
  }

  @Test func `a slot that moves under load takes its cell along`() async throws {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { bench in
      bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 400)
      try await bench.untilClaimable(campaign)
      let crowd = Crowd(bench, campaign)
      crowd.start()
      try await eventually("claims are decided") { crowd.granted.count > 20 }
      let key = String(decoding: bench.keys.lease, as: UTF8.self)
      let source = try #require(try await cluster.owner(of: key))
      let elsewhere = try #require(try await cluster.anotherMaster(than: source))
      try await cluster.moveSlot(of: key, from: source, to: elsewhere) {
        // What has gone already is found behind ASK, what has not where it was.
        for name in [bench.keys.lease, bench.keys.complete, bench.keys.campaign(campaign.id)] {
          let found = try await bench.redis.send(RedisCommand("EXISTS", name))
          #expect(found.integer == 1)
        }
      }
      let before = crowd.granted.count
      try await eventually(within: .seconds(20), "claims are decided at the new server") {
        crowd.granted.count > before + 20
      }
      #expect(bench.redis.runID == (try await elsewhere.runID()))
      try await eventually(within: .seconds(20), "all are sold") {
        try await bench.redis.send(
          RedisCommand("HGET", bench.keys.campaign(campaign.id), "issued")
        ).integer == 400
      }
      await crowd.stop()
      try await bench.untilDrained(within: .seconds(20))
      let ledger = try await bench.ledgerGrants(campaign)
      #expect(ledger.count == 400)
      #expect(ledger.isSuperset(of: crowd.granted))
      #expect(try await bench.disagreement(campaign) == nil)
      #expect(try await bench.record().epoch == 2)
      #expect(bench.log.lines.contains { $0.contains(#""contents":"kept""#) })
      #expect(try await Audit(redis: bench.router, pool: bench.pool).run().breaches == [])
    }
  }

  @Test func `what replicas have confirmed is there when a master's data is gone`() async throws {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { bench in
      let daemon = bench.startDaemon()
      let campaign = try await bench.createCampaign(quantity: 500)
      try await bench.untilClaimable(campaign)
      // From here on nothing reaches the ledger.
      await bench.stop(daemon)
      let key = String(decoding: bench.keys.lease, as: UTF8.self)
      let master = try #require(try await cluster.owner(of: key))
      let replica = try #require(try await cluster.replicas(of: master).first)
      let patient = ConfirmedWindow(bench, campaign, timeout: .seconds(5))
      defer { patient.close() }
      for user in 0..<200 { patient.claim("user\(user)") }
      try await patient.untilAnswered()
      #expect(patient.granted.count == 200)

      // A replica that does not answer: the coupon is held, and told only once it is confirmed.
      replica.server.kill(signal: SIGSTOP)
      let window = ConfirmedWindow(bench, campaign, timeout: .milliseconds(250))
      defer { window.close() }
      let other = ConfirmedWindow(bench, campaign, timeout: .milliseconds(250))
      defer { other.close() }
      window.claim("late")
      try await window.untilAnswered()
      #expect(window.refused == ["late": .notReplicated])
      other.claim("late")
      try await other.untilAnswered()
      #expect(other.refused == ["late": .notReplicated])
      replica.server.kill(signal: SIGCONT)
      try await eventually(within: .seconds(20), "the coupon is confirmed") {
        other.claim("late")
        try await other.untilAnswered()
        return other.granted.contains("late")
      }

      master.server.kill()
      await master.server.stop()
      master.loseData()
      bench.startDaemon()
      try await bench.untilClaimable(campaign, within: .seconds(30))
      try await bench.untilDrained(within: .seconds(20))
      let users = Set(try await bench.ledgerGrants(campaign).map(\.user))
      #expect(users.isSuperset(of: patient.granted.union(other.granted)))
      #expect(users.count == 201)
      #expect(try await bench.disagreement(campaign) == nil)
    }
  }

  @Test func `a master lost without a replica closes its own cells only, until it is back`()
    async throws
  {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { first in
      let sale = try await ClusterSale.make(first, on: cluster, cellsPerMaster: 1)
      let daemon = first.startDaemon()
      try await sale.untilClaimable()
      try await sale.claim(rounds: 2)
      let victim = try await sale.cells[0].owner(in: cluster)
      for replica in try await cluster.replicas(of: victim) { replica.server.kill() }
      victim.server.kill()
      for round in 0..<20 {
        for cell in sale.cells.dropFirst() { try await cell.surelyClaim(5) }
        let start = first.loop.milliseconds
        #expect(try await first.claim(sale.cells[0].campaign, ["nobody\(round)"]) == nil)
        #expect(first.loop.milliseconds - start < 3_000)
      }
      #expect(first.router.isReachable && !first.router.isComplete)
      #expect(daemon.waitingFor == [])
      try await cluster.restore()
      try await sale.untilClaimable(within: .seconds(30))
      try await sale.claim(rounds: 30)
      for cell in sale.cells {
        try await cell.bench.untilDrained(within: .seconds(20))
        #expect(try await cell.bench.ledgerGrants(cell.campaign).count == ClusterSale.quantity)
        #expect(try await cell.bench.disagreement(cell.campaign) == nil)
      }
      #expect(try await Audit(redis: first.router, pool: first.pool).run().breaches == [])
    }
  }
}

extension RedisClusterNodes {
  fileprivate func anotherMaster(than node: RedisNode) async throws -> RedisNode? {
    for other in nodes where other.port != node.port {
      if try await other.role() == "master" { return other }
    }
    return nil
  }
}

private func redisError(_ body: () async throws -> Void) async -> RedisError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? RedisError
  }
}
