import EventLoop
import Postgres
import Telemetry
import TestSupport
import Testing

@Suite struct ConflictTests {
  @Test func `of two transactions in a deadlock one is told to try again`() async throws {
    try await withPool({ $0.poolSize = 2 }) { pool in
      _ = try await pool.query("create table t as select generate_series(1, 2) as id, 0 as n")
      let errors = ErrorLog()
      var holding = 0
      let tasks = [1, 2].map { first in
        pool.loop.spawn {
          await errors.note {
            try await pool.transaction { transaction in
              let change = Statement("change", "update t set n = n + 1 where id = $1")
              _ = try await transaction.query(change, [.int8(Int64(first))])
              holding += 1
              try await eventually { holding == 2 }
              _ = try await transaction.query(change, [.int8(Int64(3 - first))])
            }
          }
        }
      }
      for task in tasks { await task.value }
      #expect(errors.all.count == 1)
      #expect(errors.all.first?.isConflict == true)
      #expect(try await pool.query("select sum(n) from t")[0].decode(0, as: Int.self) == 2)
    }
  }

  @Test func `a statement whose preparation timed out is prepared again for those behind it`()
    async throws
  {
    try await withPool({ $0.poolSize = 2 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      let read = Statement("read_t", "select count(*) as n from t")
      let errors = ErrorLog()
      var counts: [Int] = []
      try await pool.transaction { transaction in
        // Parsing waits for this lock.
        _ = try await transaction.query("lock table t in access exclusive mode")
        let first = pool.loop.spawn {
          await errors.note { _ = try await pool.query(read, timeout: .milliseconds(50)) }
        }
        let others = (0..<3).map { _ in
          pool.loop.spawn {
            await errors.note {
              counts.append(try await pool.query(read)[0].decode("n"))
            }
          }
        }
        await first.value
        _ = try await transaction.query("insert into t values (1)")
        pool.loop.spawn { for task in others { await task.value } }
      }
      try await eventually { counts.count == 3 }
      #expect(counts == [1, 1, 1])
      #expect(errors.all == [.timedOut])
    }
  }

  @Test func `statements sent at once within a transaction are pipelined in order`() async throws {
    try await withPool { pool in
      _ = try await pool.query("create table t (id int8, place int8 generated always as identity)")
      try await pool.transaction { transaction in
        let tasks = (0..<50).map { number in
          pool.loop.spawn {
            _ = try? await transaction.query(
              Statement("put", "insert into t (id) values ($1)"), [.int8(Int64(number))])
          }
        }
        for task in tasks { await task.value }
      }
      let rows = try await pool.query("select id from t order by place")
      #expect(try rows.map { try $0.decode(0, as: Int.self) } == Array(0..<50))
    }
  }

  @Test func `a refused login is told once, in the state and in the log`()
    async throws
  {
    let url = try await SharedServers.database()
    let log = CapturedLog()
    try await withEventLoop { loop in
      var configuration = try PostgresConfiguration(url: url)
      configuration = configuration.database("no_such_database")
      let pool = PostgresPool(
        configuration: configuration, loop: loop,
        logger: Logger(label: "postgres", sink: .captured(by: log)))
      defer { pool.close() }
      // A busy machine may need longer to refuse.
      try await eventually("the wait ends with the refusal") {
        let error = try await failure { try await pool.whenReady(deadline: .milliseconds(500)) }
        return error?.description.contains("no_such_database") == true
      }
      guard case .unavailable(let reason) = pool.state else {
        Issue.record("\(pool.state)")
        return
      }
      #expect(reason.contains("no_such_database"))
    }
    #expect(log.lines.count == 1)
    #expect(log.lines.first?.contains("no_such_database") == true)
  }
}
