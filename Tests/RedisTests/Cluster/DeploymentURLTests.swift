import EventLoop
import Testing

@testable import Redis

@Suite struct DeploymentURLTests {
  @Test func `a cluster is named by some of its servers`() throws {
    let cluster = try RedisConfiguration(
      url: "redis-cluster://bob:p%2Fw@a.example,b:7001,[::1]:7002")
    #expect(
      cluster.deployment
        == .cluster(seeds: [
          .tcp(host: "a.example", port: 6379), .tcp(host: "b", port: 7001),
          .tcp(host: "::1", port: 7002),
        ]))
    #expect(cluster.username == "bob" && cluster.password == "p/w")
    #expect("\(cluster)" == "bob@a.example:6379,b:7001,[::1]:7002 (cluster)")
  }

  @Test func `sentinels name a master, and may have a password of their own`() throws {
    let plain = try RedisConfiguration(url: "redis-sentinel://s1,s2:26380/sale")
    #expect(
      plain.deployment
        == .sentinel(
          .init(
            addresses: [.tcp(host: "s1", port: 26_379), .tcp(host: "s2", port: 26_380)],
            master: "sale")))
    let full = try RedisConfiguration(
      url: "redis-sentinel://:data@s1/sale/3?sentinel_username=w&sentinel_password=watch")
    guard case .sentinel(let sentinels) = full.deployment else {
      Issue.record("no sentinel")
      return
    }
    #expect(full.password == "data" && full.database == 3)
    #expect(sentinels.username == "w" && sentinels.password == "watch")
    #expect("\(full)" == "sale by s1:26379/3")
    #expect(!"\(full)".contains("watch"))
  }

  @Test(arguments: [
    "redis-cluster://", "redis-cluster://a,,b", "redis-cluster://a/1", "redis-cluster://a?x=1",
    "redis-cluster://user@a", "redis-cluster://a:0", "redis-cluster://a:70000",
    "redis-sentinel://", "redis-sentinel://s1", "redis-sentinel://s1/", "redis-sentinel://s1/m/x",
    "redis-sentinel://s1/m/1/2", "redis-sentinel://s1/m?timeout=1",
    "redis-sentinel://s1/m?sentinel_username=x", "redis-sentinel:///m", "redis-ring://a",
  ])
  func `a malformed URL is refused in one line`(_ url: String) {
    let error = #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
    #expect(error?.description.contains("\n") == false)
  }
}
