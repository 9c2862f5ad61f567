import Embedded
import TestSupport
import Testing

@Suite struct PostgresServerTests {
  @Test func `a started server has its role and its database`() async throws {
    try await withPostgres { server in
      let text = try await SharedServers.psql(
        url: server.url,
        "SELECT current_user, current_database(), pg_encoding_to_char(encoding) "
          + "FROM pg_database WHERE datname = current_database()")
      #expect(text == "spillway|spillway|UTF8\n")
    }
  }

  @Test func `commits outlive a stop and a kill`() async throws {
    var options = PostgresServer.Options.fast
    options.fsync = true
    try await withPostgres(options) { server in
      try await SharedServers.psql(url: server.url, "CREATE TABLE t AS SELECT 1 AS n")
      try await server.restart()
      try await SharedServers.psql(url: server.url, "INSERT INTO t VALUES (2)")
      server.kill()
      try await eventually { server.processIdentifier == nil }
      try await server.restart()
      #expect(try await SharedServers.psql(url: server.url, "SELECT sum(n) FROM t") == "3\n")
    }
  }

  @Test func `tests that share a server have databases of their own`() async throws {
    let first = try await SharedServers.database()
    let second = try await SharedServers.database()
    try await SharedServers.psql(url: first, "CREATE TABLE t ()")
    try await SharedServers.psql(url: second, "CREATE TABLE t ()")
    #expect(first != second)
  }
}
