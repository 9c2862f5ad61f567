import Embedded
import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct FaultTests {
  private struct Server {
    let socket: String
    let database: String
  }

  /// An empty database of the shared server, for a proxy.
  private static func server() async throws -> Server {
    let url = try await SharedServers.database()
    let database = String(url.split(separator: "?")[0].split(separator: "/").last!)
    let folder = try await SharedServers.postgres().socketDirectory
    return Server(socket: "\(folder)/.s.PGSQL.5432", database: database)
  }

  @Test func `a server killed under a statement fails it, and is used again when it is back`()
    async throws
  {
    try await withPostgres { server in
      try await withPool(url: server.url) { pool in
        let errors = ErrorLog()
        let tasks = (0..<3).map { _ in
          pool.loop.spawn {
            await errors.note { _ = try await pool.query("select pg_sleep(60)") }
          }
        }
        try await eventually { pool.busy == 3 }
        server.kill()
        for task in tasks { await task.value }
        #expect(errors.all.count == 3)
        for error in errors.all {
          guard case .connection(_, mayHaveRun: true) = error else {
            Issue.record("\(error)")
            continue
          }
        }
        try await eventually {
          if case .unavailable = pool.state { true } else { false }
        }
        try await server.restart()
        try await eventually { pool.state == .ready }
        #expect(try await pool.query("select 1").count == 1)
      }
    }
  }

  @Test func `a server that is down at the start is awaited and named`() async throws {
    try await withPostgres { server in
      await server.stop()
      try await withEventLoop { loop in
        let configuration = try PostgresConfiguration(url: server.url)
        let pool = PostgresPool(configuration: configuration, loop: loop)
        defer { pool.close() }
        // A busy machine may need longer to find that out.
        try await eventually("what is down is named") {
          let error = try await failure { try await pool.whenReady(deadline: .milliseconds(100)) }
          return error?.description.contains(server.socketDirectory) == true
        }
        try await server.start()
        try await pool.whenReady(deadline: .seconds(60))
        #expect(try await pool.query("select 1").count == 1)
      }
    }
  }

  @Test func `a server killed while it commits leaves the outcome unknown`() async throws {
    try await withPostgres { server in
      try await withPool(url: server.url) { pool in
        _ = try await pool.query("create table t (id int8)")
        _ = try await pool.query(
          """
          create function slow() returns trigger language plpgsql as
          'begin perform pg_sleep(60); return null; end'
          """)
        _ = try await pool.query(
          """
          create constraint trigger slow_commit after insert on t
          deferrable initially deferred for each row execute function slow()
          """)
        let errors = ErrorLog()
        let task = pool.loop.spawn {
          await errors.note {
            try await pool.transaction { transaction in
              _ = try await transaction.query("insert into t values (1)")
            }
          }
        }
        try await eventually {
          try await pool.query(
            "select 1 from pg_stat_activity where query = 'commit' and wait_event = 'PgSleep'"
          ).count == 1
        }
        server.kill()
        await task.value
        #expect(errors.all.count == 1)
        guard case .outcomeUnknown = errors.all.first else {
          Issue.record("\(errors.all)")
          return
        }
      }
    }
  }

  @Test func `a line cut behind the commit leaves the outcome unknown although it is done`()
    async throws
  {
    let server = try await Self.server()
    try await withEventLoop { loop in
      let proxy = try Proxy(to: server.socket, loop: loop)
      defer { proxy.close() }
      let configuration = try PostgresConfiguration(url: proxy.url(database: server.database))
      let pool = PostgresPool(configuration: configuration, loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await pool.query("create table t (id int8)")
      proxy.cutsAfter = { $0.contains("commit") }
      let error = try await failure {
        try await pool.transaction { _ = try await $0.query("insert into t values (1)") }
      }
      guard case .outcomeUnknown = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      proxy.cutsAfter = nil
      try await eventually { try await pool.query("select * from t").count == 1 }
    }
  }

  @Test func `a session ended by the server is replaced`() async throws {
    try await withPool({ $0.poolSize = 2 }) { pool in
      let backend = Statement("backend", "select pg_backend_pid()")
      let old = try await pool.query(backend)[0].decode(0, as: Int32.self)
      let error = try await failure {
        _ = try await pool.query("select pg_terminate_backend(pg_backend_pid()), pg_sleep(5)")
      }
      guard case .connection(let message, mayHaveRun: true) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(message.contains("terminat"))
      let new = try await pool.query(backend)[0].decode(0, as: Int32.self)
      #expect(new != old)
    }
  }

  @Test func `a connection that falls silent is given up and replaced`() async throws {
    let server = try await Self.server()
    try await withEventLoop { loop in
      let proxy = try Proxy(to: server.socket, loop: loop)
      defer { proxy.close() }
      var configuration = try PostgresConfiguration(url: proxy.url(database: server.database))
      configuration.statementTimeout = .milliseconds(200)
      configuration.replyMargin = .milliseconds(50)
      configuration.abandonedLimit = .milliseconds(100)
      let pool = PostgresPool(configuration: configuration, loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      proxy.isSilent = true
      #expect(try await failure { _ = try await pool.query("select 1") } == .timedOut)
      try await eventually { pool.openConnections == 0 }
      proxy.isSilent = false
      proxy.cutAll()
      try await eventually { pool.state == .ready }
      try await eventually { (try? await pool.query("select 1"))?.count == 1 }
    }
  }

  @Test func `a server that accepts and says nothing fails the attempt in time`() async throws {
    try await withEventLoop { loop in
      let listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
        $0.startReading()
      }
      defer { listener.close() }
      guard case .tcp(_, let port) = listener.address else { return }
      var configuration = try PostgresConfiguration(url: "postgresql://u@127.0.0.1:\(port)/d")
      configuration.connectTimeout = .milliseconds(50)
      let pool = PostgresPool(configuration: configuration, loop: loop)
      defer { pool.close() }
      let error = try await failure { try await pool.whenReady(deadline: .seconds(2)) }
      guard case .connection = error else {
        Issue.record("\(String(describing: error))")
        return
      }
    }
  }

  @Test func `a host is looked up by name without holding the loop`() async throws {
    let server = try await Self.server()
    try await withEventLoop { loop in
      let proxy = try Proxy(to: server.socket, loop: loop)
      defer { proxy.close() }
      let url = proxy.url(host: "localhost", database: server.database)
      let pool = PostgresPool(configuration: try PostgresConfiguration(url: url), loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      #expect(try await pool.query("select 1").count == 1)
    }
  }

  @Test func `lines cut at random never mix up answers`() async throws {
    let server = try await Self.server()
    try await withEventLoop { loop in
      var generator = SeededGenerator()
      let proxy = try Proxy(to: server.socket, loop: loop)
      defer { proxy.close() }
      let configuration = try PostgresConfiguration(url: proxy.url(database: server.database))
      let pool = PostgresPool(configuration: configuration, loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await pool.query("create table t (id int8)")
      var acknowledged: Set<Int64> = []
      var unexpected: [any Error] = []
      var isOver = false
      let tasks = (0..<8).map { worker in
        loop.spawn {
          var number = Int64(worker)
          while !isOver {
            number += 8
            let mine = number
            do {
              let echo = try await pool.transaction { transaction in
                _ = try await transaction.query(
                  Statement("put", "insert into t values ($1)"), [.int8(mine)])
                return try await transaction.query(
                  Statement("echo", "select $1::int8"), [.int8(mine)])[0]
                  .decode(0, as: Int64.self)
              }
              acknowledged.insert(echo)
              if echo != mine { unexpected.append(PostgresError.encoding("\(echo), not \(mine)")) }
            } catch PostgresError.connection, PostgresError.outcomeUnknown,
              PostgresError.timedOut
            {
            } catch {
              unexpected.append(error)
            }
          }
        }
      }
      for _ in 0..<10 {
        await loop.sleep(for: .milliseconds(Int.random(in: 5...60, using: &generator)))
        proxy.cutAll()
      }
      // On a slow machine none may have come between two cuts.
      try await eventually("a transaction gets through") { !acknowledged.isEmpty }
      isOver = true
      for task in tasks { await task.value }
      #expect(unexpected.isEmpty)
      var stored: Set<Int64> = []
      try await eventually {
        guard let rows = try? await pool.query("select id from t") else { return false }
        stored = Set(try rows.map { try $0.decode(0) })
        return true
      }
      #expect(acknowledged.isSubset(of: stored))
      #expect(!acknowledged.isEmpty)
    }
  }
}
