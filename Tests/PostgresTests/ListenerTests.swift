import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct ListenerTests {
  @Test func `notifications arrive, and a gap is told after each reconnection`() async throws {
    let url = try await SharedServers.database()
    try await withPool(url: url) { pool in
      let listener = PostgresListener(
        channels: ["orders", "odd \"name\""], configuration: pool.configuration, loop: pool.loop)
      defer { listener.close() }
      var heard: [String] = []
      var gaps = 0
      listener.onNotification = { heard.append("\($0): \($1)") }
      listener.onGap = { gaps += 1 }
      listener.start()
      try await eventually { listener.isListening }
      _ = try await pool.query("select pg_notify('orders', 'a'), pg_notify('odd \"name\"', 'b')")
      try await eventually { heard.count == 2 }
      #expect(heard == ["orders: a", "odd \"name\": b"])

      let stop = """
        select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and query like 'listen%'
        """
      _ = try await pool.query(Statement(unprepared: stop))
      try await eventually { gaps == 2 }
      _ = try await pool.query("notify orders, 'c'")
      try await eventually { heard.last == "orders: c" }
    }
  }
}
