import Domain
import HotPath
import Redis
import Services
import TestSupport
import Testing

@testable import API

/// What a node remembers of campaigns that are sold out.
@Suite struct SoldOutTests {
  /// Pages of them are read one after the other.
  private static let holders = 20_000

  @Test func `holders that were read while their cell was cleared refuse nobody`() async throws {
    try await withNode { api in
      let made = try await api.ask(
        "POST", "/v1/admin/campaigns", token: "shop:\(Shop.admin)",
        body: CampaignReaderTests.minimal.jsonText)
      let text = try #require(try made.json["data"]?["campaign_id"]?.string, "\(made.text)")
      let (id, tenant) = (try #require(Identifier(text)), try #require(TenantID("shop")))
      let node = api.services
      let entry = try #require(try await node.campaignDirectory.load(id, of: tenant))
      let cell = entry.cell
      try await eventually("the cell is open") { cell.lease.isOpen }
      let fill = "for n = 1, ARGV[1] do redis.call('HSET', KEYS[1], 'user' .. n, '1:1') end"
      _ = try await cell.client.send(
        RedisCommand("EVAL", fill, 1, cell.keys.holders(id), Self.holders))
      try await eventually("holders are read") {
        // Terms that a signal has made doubtful are read again.
        _ = node.campaignDirectory.find(id, of: tenant)
        node.claims.soldOut(entry, version: entry.campaign.version)
        return entry.hot.soldOut.isExhausted
      }
      // Behind the first of the pages, and before most of them.
      for _ in 0..<3 { _ = try await cell.client.send(RedisCommand("PING")) }
      _ = try await cell.client.send(RedisCommand("FLUSHALL"))
      try await eventually("they are known, or given up") {
        entry.hot.soldOut.isKnown || !entry.hot.soldOut.isExhausted
      }
      #expect(!entry.hot.soldOut.isKnown)
      for number in [1, Self.holders] {
        let user = try #require(UserID("user\(number)"))
        #expect(!node.claims.isSoldOut(entry, for: user))
      }
    }
  }
}
