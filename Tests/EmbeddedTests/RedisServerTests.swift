import Embedded
import Foundation
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

  /// Redis alone would bring the first command back with the next transaction: whatever is left in the file of
  /// one without an end.
  @Test(arguments: ["XADD", "EXEC", "HSET\r\n$1\r\ng"])
  func `what a script was in the middle of writing when Redis died never comes back`(
    end: String
  ) async throws {
    let script = """
      redis.call('HSET', 'h', ARGV[1], '1') redis.call('HSET', 'g', ARGV[1], '1')
      redis.call('XADD', 's', '*', 'of', ARGV[1])
      """
    try await withFolder { folder in
      let server = RedisServer(directory: folder, options: .init(fsync: .always))
      try await server.start()
      for name in ["kept", "cut"] { _ = try await redis(server, "EVAL", script, "0", name) }
      server.kill()
      try await eventually { server.processIdentifier == nil }
      let file = URL(fileURLWithPath: "\(folder)/data/appendonlydir/appendonly.aof.1.incr.aof")
      let bytes = try Data(contentsOf: file)
      let place = try #require(bytes.range(of: Data(end.utf8), options: .backwards))
      try bytes[..<(place.lowerBound + 2)].write(to: file)
      try await server.restart()
      _ = try await redis(server, "EVAL", script, "0", "later")
      server.kill()
      try await eventually { server.processIdentifier == nil }
      try await server.restart()
      for key in ["h", "g"] {
        let fields = try await redis(server, "HKEYS", key).split(separator: "\n").sorted()
        #expect(fields == ["kept", "later"])
      }
      #expect(try await redis(server, "XLEN", "s") == "2")
      await server.stop()
    }
  }
}

private func withFolder(_ body: (String) async throws -> Void) async throws {
  let folder = TestFolder.make()
  defer { TestFolder.remove(folder) }
  try await body(folder)
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
