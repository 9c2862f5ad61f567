import Domain
import Embedded
import Foundation
import HotPath
import Redis
import TestSupport
import Testing

@testable import Reconciler

extension ClusterTests {
  @Test func `orders, claims under a rate policy and a room outlive the master that they lie on`()
    async throws
  {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { bench in
      bench.startDaemon()
      let victim = try #require(try await cluster.owner(of: bench.keys.lease.text))
      let scene = try await HotScene.make(bench) { keys in
        try await cluster.owner(of: keys.room.text)?.port == victim.port
      }
      defer { scene.close() }
      try await scene.play()
      let (old, epoch) = (try await victim.runID(), try await bench.record().epoch)
      let replica = try #require(try await cluster.replicas(of: victim).first)
      try await victim.untilCopied(by: replica)

      victim.server.kill()
      try await eventually(within: .seconds(60), "the replica serves") {
        guard let runID = bench.redis.runID, runID != old else { return false }
        return try await bench.lease() != nil
      }
      try await scene.untilOpen()
      try await scene.goOn()
      let record = try await bench.record()
      #expect(record.epoch > epoch)
      #expect(record.runID == (try await replica.runID()))
    }
  }

  @Test func `orders that a replica has confirmed are there when a master's data is gone`()
    async throws
  {
    let cluster = try await SharedServers.cluster()
    let database = try await SharedServers.database()
    try await SaleBench.run(redis: cluster.url, database: database) { bench in
      let daemon = bench.startDaemon()
      let wait = ReplicaWait(replicas: 1, timeout: .milliseconds(500))
      let scene = try await HotScene.make(bench, burst: 1_000, replicaWait: wait)
      defer { scene.close() }
      // From here on nothing reaches the ledger.
      await bench.stop(daemon)
      let master = try #require(try await cluster.owner(of: bench.keys.lease.text))
      let replica = try #require(try await cluster.replicas(of: master).first)
      for number in 1...20 {
        #expect(try await scene.order("user\(number)", key: UInt64(number)).isReservation)
      }

      // A replica that does not answer: the order is held, and told only once it is confirmed.
      replica.server.kill(signal: SIGSTOP)
      #expect(await scene.tryOrder("late", key: 99) == .failure(.notReplicated))
      #expect(await scene.tryOrder("late", key: 99) == .failure(.notReplicated))
      replica.server.kill(signal: SIGCONT)
      #expect(try await scene.order("late", key: 99).isReservation)
      #expect(scene.told.count == 21)

      master.server.kill()
      await master.server.stop()
      master.loseData()
      bench.startDaemon()
      try await scene.untilOpen()
      try await scene.shop.untilSettled()
      for order in scene.told { #expect(try await scene.shop.status(of: order) == .pending) }
      let level = StockLevel(received: HotScene.pieces, reserved: 21)
      #expect(try await scene.shop.level("A", in: scene.sale) == level)
      #expect(try await scene.shop.levelInRedis("A", in: scene.sale) == level)
    }
  }
}

extension [UInt8] {
  fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
