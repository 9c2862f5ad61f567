import EventLoop
import Foundation
import Postgres
import TestSupport
import Testing

@Suite struct TimeoutTests {
  private static let backend = Statement("backend", "select pg_backend_pid() as pid")

  private static func backend(of pool: PostgresPool) async throws -> Int {
    try await pool.query(backend)[0].decode("pid")
  }

  @Test func `a statement past its time-out is stopped and the connection goes on`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let pid = try await Self.backend(of: pool)
      let error = try await failure {
        _ = try await pool.query("select pg_sleep(60)", timeout: .milliseconds(30))
      }
      #expect(error == .timedOut)
      #expect(try await Self.backend(of: pool) == pid)
      let setting = try await pool.query("show statement_timeout")[0]
      #expect(try setting.decode(0, as: String.self) == "5s")
    }
  }

  @Test func `the configuration's time-out holds for every statement`() async throws {
    try await withPool({ $0.statementTimeout = .milliseconds(500) }) { pool in
      let error = try await failure { _ = try await pool.query("select pg_sleep(60)") }
      #expect(error == .timedOut)
      let longer = try await pool.query("select pg_sleep(0.7)", timeout: .seconds(10))
      #expect(longer.count == 1)
    }
  }

  @Test func `a time-out hits its own statement and not those pipelined behind it`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      var slow: PostgresError?
      let first = pool.loop.spawn {
        slow = try? await failure {
          _ = try await pool.query("select pg_sleep(60)", timeout: .milliseconds(50))
        }
      }
      var answers = 0
      let others = (0..<10).map { number in
        pool.loop.spawn {
          let rows = try? await pool.query("select $1::int8", [.int8(Int64(number))])
          if (try? rows?[0].decode(0, as: Int.self)) == number { answers += 1 }
        }
      }
      for task in others + [first] { await task.value }
      #expect(slow == .timedOut)
      #expect(answers == 10)
    }
  }

  @Test func `a time-out within a transaction is for one statement`() async throws {
    try await withPool { pool in
      try await pool.transaction { transaction in
        _ = try await transaction.query("select pg_sleep(0.01)", timeout: .seconds(33))
        let setting = try await transaction.query("show statement_timeout")[0]
        #expect(try setting.decode(0, as: String.self) == "5s")
      }
    }
  }

  @Test func `a cancelled task stops its statement on the server`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let pid = try await Self.backend(of: pool)
      var error: PostgresError?
      let task = pool.loop.spawn {
        error = try? await failure {
          _ = try await pool.query("select pg_sleep(60)", timeout: .seconds(60))
        }
      }
      try await eventually { pool.busy == 1 }
      task.cancel()
      await task.value
      #expect(error == .cancelled)
      #expect(try await Self.backend(of: pool) == pid)
    }
  }

  @Test func `a cancellation that reaches the server before its statement is sent again`()
    async throws
  {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let backend = pid_t(try await Self.backend(of: pool))
      kill(backend, SIGSTOP)
      defer { kill(backend, SIGCONT) }
      let task = pool.loop.spawn {
        _ = try? await pool.query("select pg_sleep(60)", timeout: .seconds(60))
      }
      try await eventually { pool.busy == 1 }
      task.cancel()
      await task.value
      // The frozen session takes the signal first, as one that waits for a command, and then reads it.
      try await eventually("the signal is pending") { try isPending(SIGINT, for: backend) }
      kill(backend, SIGCONT)
      #expect(try await Self.backend(of: pool) == Int(backend))
    }
  }

  @Test func `statements that are abandoned together are all stopped`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let pid = try await Self.backend(of: pool)
      let tasks = (0..<3).map { _ in
        pool.loop.spawn {
          _ = try? await pool.query("select pg_sleep(60)", timeout: .seconds(60))
        }
      }
      try await eventually { pool.busy == tasks.count }
      for task in tasks { task.cancel() }
      for task in tasks { await task.value }
      #expect(try await Self.backend(of: pool) == pid)
    }
  }

  @Test func `a pause of this process is not taken for the server's silence`() async throws {
    try await withPool({
      $0.statementTimeout = .milliseconds(200)
      $0.replyMargin = .milliseconds(50)
    }) { pool in
      _ = try await Self.backend(of: pool)
      var count: Int?
      let task = pool.loop.spawn {
        count = try? await pool.query("select 1").count
      }
      // Holds the loop's thread in the same tick, while the answer comes into the socket.
      let pause = pool.loop.spawn { _ = usleep(600_000) }
      await pause.value
      await task.value
      #expect(count == 1)
    }
  }

  @Test func `a cancellation that the server does not take ends the connection`() async throws {
    try await withPostgres { server in
      try await withPool(
        url: server.url,
        {
          $0.poolSize = 2
          $0.abandonedLimit = .seconds(1)
        }
      ) { pool in
        let pid = try await Self.backend(of: pool)
        server.kill(signal: SIGSTOP)
        defer { server.kill(signal: SIGCONT) }
        let task = pool.loop.spawn { _ = try? await pool.query("select pg_sleep(0.1)") }
        try await eventually { pool.busy == 1 }
        task.cancel()
        await task.value
        // The session goes on meanwhile and ends its statement; only who starts sessions stands still.
        try await eventually("the connection is given up") { pool.openConnections == 0 }
        server.kill(signal: SIGCONT)
        try await eventually("another takes its place") {
          guard let other = try? await Self.backend(of: pool) else { return false }
          return other != pid
        }
      }
    }
  }

  @Test func `a cancelled caller does not disturb its neighbours`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      var generator = SeededGenerator()
      let echo = Statement("slow_echo", "select $1::int8 as it, pg_sleep(0.002)")
      for _ in 0..<20 {
        var wrong = 0
        let tasks = (0..<12).map { number in
          pool.loop.spawn {
            do throws(PostgresError) {
              let rows = try await pool.query(echo, [.int8(Int64(number))])
              if try rows[0].decode("it", as: Int.self) != number { wrong += 1 }
            } catch {
              if error != .cancelled { wrong += 1 }
            }
          }
        }
        let cancelled = Set((0..<6).map { _ in Int.random(in: 0..<12, using: &generator) })
        await pool.loop.sleep(for: .milliseconds(Int.random(in: 0...8, using: &generator)))
        for number in cancelled { tasks[number].cancel() }
        for task in tasks { await task.value }
        #expect(wrong == 0)
      }
      #expect(pool.openConnections == 1)
    }
  }

  @Test func `a cancelled transaction is rolled back and gives its connection back`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      let pid = try await Self.backend(of: pool)
      var hasInserted = false
      let task = pool.loop.spawn {
        try? await pool.transaction { transaction in
          _ = try await transaction.query("insert into t values (1)")
          hasInserted = true
          _ = try await transaction.query("select pg_sleep(60)", timeout: .seconds(60))
        }
      }
      try await eventually { hasInserted }
      task.cancel()
      await task.value
      #expect(try await pool.query("select * from t").isEmpty)
      #expect(try await Self.backend(of: pool) == pid)
    }
  }

  @Test func `a caller cancelled while it waits for a connection leaves the queue`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      try await pool.transaction { transaction in
        _ = try await transaction.query("select 1")
        let errors = ErrorLog()
        let tasks = [
          pool.loop.spawn { await errors.note { _ = try await pool.query("select 1") } },
          pool.loop.spawn { await errors.note { try await pool.transaction { _ in } } },
        ]
        try await eventually { pool.waiting == 2 }
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
        #expect(errors.all == [.cancelled, .cancelled])
        try await eventually { pool.waiting == 0 }
      }
      #expect(try await pool.query("select 1").count == 1)
    }
  }
}

/// Whether a signal has been sent to the process and not been taken yet.
private func isPending(_ signal: Int32, for process: pid_t) throws -> Bool {
  let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
  let field = try #require(status.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") })
  let digits = field.dropFirst(7).trimmingCharacters(in: .whitespaces)
  let mask = try #require(UInt64(digits, radix: 16))
  return mask & (1 << UInt64(signal - 1)) != 0
}

/// Gathers the errors of several tasks of one loop.
final class ErrorLog {
  private(set) var all: [PostgresError] = []

  func note(_ body: () async throws -> Void) async {
    do {
      try await body()
    } catch let error as PostgresError {
      all.append(error)
    } catch {}
  }
}
