import Embedded
import EventLoop
import Foundation
import Synchronization
import TestSupport
import Testing

/// The program against a Redis Cluster whose masters die.
@Suite struct RedisClusterTests {
  private static let buyers = 60
  private static let quantity = 40

  @Test func `claims in cells on all masters survive the death of one of them`() async throws {
    var durable = PostgresServer.Options.fast
    durable.configuration.append("synchronous_commit = on")
    try await withPostgres(durable) { postgres in
      try await withRedisCluster(fsync: .always) { redis in
        let site = try await RedisClusterSite.make(redis: redis, postgres: postgres)
        try await withSpillway(["reconcile"], environment: site.environment) { _ in
          let options = [
            "serve", "--port", "0", "--loops", "1", "--replica-acks", "1", "--replica-timeout",
            "500",
          ]
          try await withSpillway(options, environment: site.environment) { program in
            try await sell(site, through: try await program.ready())
          }
        }
        let audit = try await spillway("audit", environment: site.environment)
        #expect(audit.status == .exited(0), "\(audit.output)\(audit.errors)")
      }
    }
  }

  private func sell(_ site: RedisClusterSite, through door: Site) async throws {
    var campaigns: [(tenant: String, campaign: String)] = []
    for tenant in site.tenants {
      let boss = try await site.tokens(of: tenant, ["--user", "boss", "--role", "APP_ADMIN"])[0]
      for acknowledge in ["hot", "ledger"] {
        campaigns.append(
          (
            tenant,
            try await door.createCampaign(
              quantity: Self.quantity, acknowledge: acknowledge, token: boss,
              host: site.host(tenant))
          ))
      }
    }
    let told = Told()
    let first = campaigns[0].campaign
    let victim = try #require(try await site.owner(of: site.tenants[0]))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (tenant, campaign) in campaigns {
        let tokens = try await site.tokens(
          of: tenant, ["--user", "buyer", "--count", "\(Self.buyers)"])
        let host = site.host(tenant)
        group.addTask {
          for (index, token) in tokens.enumerated() {
            try await Self.surelyClaim(campaign, token, host, door, told)
            // The master dies when a part has been sold in each cell.
            if index == 15, campaign == first { victim.server.kill() }
          }
        }
      }
      group.addTask {
        // What must be confirmed by a replica waits until the new master has one.
        try await eventually(within: .seconds(60), "the replica is promoted") {
          guard let owner = try await site.owner(of: site.tenants[0]) else { return false }
          return owner.port != victim.port
        }
        try await victim.server.restart()
      }
      try await group.waitForAll()
    }
    for (tenant, campaign) in campaigns {
      let coupons = told.coupons(of: campaign)
      #expect(coupons.count == Self.quantity, "\(tenant)")
      try await eventually(within: .seconds(20), "all are in the ledger") {
        let known = try await site.sql(
          "select coupon_id from spillway.coupons where campaign_id = '\(campaign)'")
        return Set(known.split(separator: "\n").map(String.init)) == coupons
      }
    }
    #expect(try await door.request("GET", "/readyz").status == 200)
  }

  /// Claims until the answer is a decision, and notes the coupon.
  private static func surelyClaim(
    _ campaign: String, _ token: String, _ host: String, _ door: Site, _ told: Told
  ) async throws {
    try await eventually(within: .seconds(60), "a decision") {
      let response = try await door.claim(campaign, token: token, host: host)
      switch response.status {
      case 200, 201:
        if let coupon = response.data?["coupon_id"] as? String { told.add(coupon, of: campaign) }
        return true
      case 410: return true
      default:
        #expect(response.status == 503)
        #expect(response.headers["retry-after"] != nil)
        return false
      }
    }
  }

  /// The coupons that clients were told of.
  private final class Told: Sendable {
    private let coupons = Mutex<[String: Set<String>]>([:])

    func add(_ coupon: String, of campaign: String) {
      _ = coupons.withLock { $0[campaign, default: []].insert(coupon) }
    }

    func coupons(of campaign: String) -> Set<String> { coupons.withLock { $0[campaign] ?? [] } }
  }
}
