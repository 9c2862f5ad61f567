import EventLoop
import Postgres
import Telemetry
import TestSupport
import Testing

@Suite struct PoolTests {
  @Test func `callers past the bound are refused, waiting ones time out in order`() async throws {
    try await withPool {
      $0.poolSize = 1
      $0.maximumWaiting = 2
      $0.waitTimeout = .milliseconds(50)
    } _: { pool in
      try await pool.transaction { transaction in
        _ = try await transaction.query("select 1")
        let errors = ErrorLog()
        let tasks = (0..<3).map { _ in
          pool.loop.spawn { await errors.note { _ = try await pool.query("select 1") } }
        }
        for task in tasks { await task.value }
        #expect(errors.all == [.overloaded, .timedOut, .timedOut])
        _ = try await transaction.query("select 1")
      }
      #expect(try await pool.query("select 1").count == 1)
    }
  }

  @Test func `a pool that is asked before it is ready can be waited for`() async throws {
    let database = try await SharedServers.database()
    try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: database), loop: loop)
      defer { pool.close() }
      pool.start()
      let errors = ErrorLog()
      let tasks = (0..<8).map { _ in
        loop.spawn { await errors.note { _ = try await pool.query("select 1") } }
      }
      // Lets the queries begin connections of their own.
      await loop.sleep(for: .zero)
      try await pool.whenReady(deadline: .seconds(60))
      for task in tasks { await task.value }
      #expect(errors.all.isEmpty)
    }
  }

  @Test func `the pool grows to its size and shrinks to its minimum`() async throws {
    try await withPool {
      $0.poolSize = 3
      $0.idleTimeout = .milliseconds(10)
      $0.waitTimeout = .seconds(10)
    } _: { pool in
      #expect(pool.openConnections == 1)
      let errors = ErrorLog()
      var mayEnd = false
      let tasks = (0..<9).map { _ in
        pool.loop.spawn {
          await errors.note {
            try await pool.transaction { transaction in
              _ = try await transaction.query("select 1")
              try await eventually { mayEnd }
            }
          }
        }
      }
      try await eventually { pool.openConnections == 3 && pool.waiting == 6 }
      mayEnd = true
      for task in tasks { await task.value }
      #expect(errors.all.isEmpty)
      try await eventually { pool.openConnections == 1 }
    }
  }

  @Test func `a transaction waits no longer than the statements before it`() async throws {
    try await withPool {
      $0.poolSize = 1
      $0.waitTimeout = .seconds(10)
    } _: { pool in
      var isOver = false
      let stream = (0..<4).map { _ in
        pool.loop.spawn {
          while !isOver { _ = try? await pool.query("select pg_sleep(0.001)") }
        }
      }
      try await eventually { pool.busy > 0 }
      for _ in 0..<5 {
        try await pool.transaction { _ = try await $0.query("select 1") }
      }
      isOver = true
      for task in stream { await task.value }
    }
  }

  @Test func `a closed pool refuses and ends what runs`() async throws {
    try await withPool { pool async throws in
      let errors = ErrorLog()
      let task = pool.loop.spawn {
        await errors.note { _ = try await pool.query("select pg_sleep(60)") }
      }
      try await eventually { pool.busy == 1 }
      pool.close()
      await task.value
      await errors.note { _ = try await pool.query("select 1") }
      #expect(
        errors.all == [
          .connection(message: "the connection was closed", mayHaveRun: true),
          .connection(message: "the pool was closed", mayHaveRun: false),
        ])
    }
  }

  @Test func `the metrics tell connections and times by statement`() async throws {
    let url = try await SharedServers.database()
    let text = try await withEventLoop { loop in
      let registry = MetricsRegistry()
      let pool = PostgresPool(
        configuration: try PostgresConfiguration(url: url), loop: loop, name: "test",
        metrics: registry)
      try await pool.whenReady(deadline: .seconds(60))
      _ = try await pool.query(Statement("one", "select 1"))
      let text = String(decoding: registry.render(), as: UTF8.self)
      pool.close()
      let after = String(decoding: registry.render(), as: UTF8.self)
      return text + after
    }
    #expect(text.contains("spillway_postgres_connections{client=\"test\"} 1"))
    #expect(text.contains("spillway_postgres_connections{client=\"test\"} 0"))
    #expect(
      text.contains(
        "spillway_postgres_query_seconds_count{client=\"test\",statement=\"one\"} 1"))
  }
}
