import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct RedisAddressTests {
  @Test func `URLs of both kinds are read`() throws {
    let plain = try RedisConfiguration(url: "redis://cache.example")
    #expect(plain.address == .tcp(host: "cache.example", port: 6379))
    #expect(plain.username == nil && plain.password == nil && plain.database == 0)
    let full = try RedisConfiguration(url: "redis://alice:p%40ss%2Fword@[::1]:7000/3")
    #expect(full.address == .tcp(host: "::1", port: 7000))
    #expect(full.username == "alice")
    #expect(full.password == "p@ss/word")
    #expect(full.database == 3)
    let secret = try RedisConfiguration(url: "redis://:secret@10.0.0.1")
    #expect(secret.username == nil && secret.password == "secret")
    let socket = try RedisConfiguration(url: "unix:///run/a%20b/redis.sock?db=2")
    #expect(socket.address == .unix(path: "/run/a b/redis.sock"))
    #expect(socket.database == 2)
    let other = try RedisConfiguration(url: "redis+unix://bob:x@/run/redis.sock")
    #expect(other.address == .unix(path: "/run/redis.sock"))
    #expect(other.username == "bob" && other.password == "x")
  }

  @Test(arguments: [
    "", "redis", "http://host", "rediss://host", "redis://", "redis://:6379", "redis://host:0",
    "redis://host:65536", "redis://host:x", "redis://host/x", "redis://host/-1",
    "redis://host?db=1", "redis://user@host", "redis://u:%zz@host", "redis://[::1]x",
    "unix://relative", "unix:///path?db=x", "unix:///path?timeout=1",
  ])
  func `a malformed URL is refused`(_ url: String) {
    #expect(throws: RedisError.self) { try RedisConfiguration(url: url) }
  }

  @Test func `a configuration never shows its password`() throws {
    let configuration = try RedisConfiguration(url: "redis://alice:hunter2@host/1")
    #expect("\(configuration)" == "alice@host:6379/1")
    #expect(!String(reflecting: configuration).contains("hunter2"))
    let error = #expect(throws: RedisError.self) {
      try RedisConfiguration(url: "redis://alice:hunter2@host:bad")
    }
    #expect(error?.description.contains("hunter2") == false)
  }

  @Test func `an ACL user signs in over TCP and uses its database`() async throws {
    try await withRedis { server in
      let address = try RedisConfiguration(url: server.url)
      try await withRedisClient(address) { administrator in
        let port = FreePorts.find(1)[0]
        for command in [
          RedisCommand("CONFIG", "SET", "port", port),
          RedisCommand("ACL", "SETUSER", "alice", "on", ">wonderland", "~*", "&*", "+@all"),
          RedisCommand("ACL", "SETUSER", "blind", "on", ">x", "~*", "+@all", "-client"),
          RedisCommand("CONFIG", "SET", "requirepass", "secret"),
        ] {
          #expect(try await administrator.send(command).text == "OK")
        }
        let alice = try RedisConfiguration(url: "redis://alice:wonderland@localhost:\(port)/5")
        try await withRedisClient(alice) { client in
          let name = try await client.send(RedisCommand("ACL", "WHOAMI"))
          #expect(name.text == "alice")
          let list = try await client.send(RedisCommand("CLIENT", "LIST"))
          #expect(list.text?.contains(" db=5 ") == true)
        }
        let anyone = try RedisConfiguration(url: "redis://:secret@127.0.0.1:\(port)")
        try await withRedisClient(anyone) { client in
          let name = try await client.send(RedisCommand("ACL", "WHOAMI"))
          #expect(name.text == "default")
        }
        // The name of the connection is a courtesy that an ACL may deny.
        let blind = try RedisConfiguration(url: "redis://blind:x@127.0.0.1:\(port)")
        try await withRedisClient(blind) { client in #expect(client.runID != nil) }
      }
    }
  }

  @Test func `a wrong password keeps the client away and is not repeated in the reason`()
    async throws
  {
    try await withRedis { server in
      let address = try RedisConfiguration(url: server.url)
      try await withRedisClient(address) { administrator in
        _ = try await administrator.send(RedisCommand("CONFIG", "SET", "requirepass", "right"))
        for (password, reason) in [("wr0ng", "WRONGPASS"), (nil, "NOAUTH")] {
          var configuration = address
          configuration.password = password
          let client = RedisClient(configuration: configuration, loop: administrator.loop)
          client.start()
          #expect(await poll(on: client.loop) { client.lastFailure != nil })
          #expect(client.lastFailure?.contains(reason) == true)
          #expect(client.lastFailure?.contains("wr0ng") == false)
          #expect(client.state == .connecting)
          client.close()
        }
      }
    }
  }
}
