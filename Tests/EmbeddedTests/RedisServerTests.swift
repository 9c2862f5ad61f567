import Embedded
import TestSupport
import Testing

@Suite struct RedisServerTests {
  @Test func `a started server answers on its private socket`() async throws {
    try await withRedis { server in
      let answer = try await redis(server, "PING")
      #expect(answer == "PONG")
      #expect(server.url == "unix://\(server.socketPath)")
    }
  }

  @Test func `data outlives a stop and a kill`() async throws {
    try await withRedis(.init(fsync: .always)) { server in
      _ = try await redis(server, "SET", "stopped", "1")
      try await server.restart()
      _ = try await redis(server, "SET", "killed", "2")
      server.kill()
      try await eventually { server.processIdentifier == nil }
      try await server.restart()
      #expect(try await redis(server, "MGET", "stopped", "killed") == "1\n2")
    }
  }
}

/// Asks `server` by Debian's own client.
func redis(_ server: RedisServer, _ words: String...) async throws -> String {
  let text = try await run("/usr/bin/redis-cli", ["-s", server.socketPath] + words)
  return String(text.dropLast { $0 == "\n" })
}

extension String {
  fileprivate func dropLast(_ isDropped: (Character) -> Bool) -> Substring {
    var rest = self[...]
    while let last = rest.last, isDropped(last) { rest.removeLast() }
    return rest
  }
}
