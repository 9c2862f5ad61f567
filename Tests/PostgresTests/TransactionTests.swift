import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct TransactionTests {
  private struct Refused: Error {}

  @Test func `a transaction commits when its body returns`() async throws {
    try await withPool { pool in
      _ = try await pool.query("create table t (id int8)")
      let count = try await pool.transaction { transaction in
        _ = try await transaction.query("insert into t values ($1)", [1])
        return try await transaction.query("select count(*) from t")[0].decode(0, as: Int.self)
      }
      #expect(count == 1)
      #expect(try await pool.query("select * from t").count == 1)
    }
  }

  @Test func `an error thrown by the body rolls back and passes through`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      await #expect(throws: Refused.self) {
        try await pool.transaction { transaction in
          _ = try await transaction.query("insert into t values ($1)", [1])
          throw Refused()
        }
      }
      #expect(try await pool.query("select * from t").isEmpty)
    }
  }

  @Test func `a failed statement that the body passes over still rolls back`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8 primary key)")
      let error = try await failure {
        try await pool.transaction { transaction in
          _ = try await transaction.query("insert into t values ($1)", [1])
          _ = try? await transaction.query("insert into t values ($1)", [1])
        }
      }
      #expect(error?.isUniqueViolation == true)
      #expect(try await pool.query("select * from t").isEmpty)
    }
  }

  @Test func `nothing is done in a transaction whose first statement could not be sent`()
    async throws
  {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      let error = try await failure {
        try await pool.transaction { transaction in
          let values = [PostgresValue](repeating: 1, count: 70_000)
          _ = try? await transaction.query("select 1", values)
          _ = try? await transaction.query("insert into t values (1)")
        }
      }
      guard case .encoding = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(try await pool.query("select * from t").isEmpty)
    }
  }

  @Test func `a constraint checked at the commit refuses the transaction`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8 unique deferrable initially deferred)")
      let error = try await failure {
        try await pool.transaction { transaction in
          _ = try await transaction.query("insert into t values (1), (1)")
        }
      }
      #expect(error?.isUniqueViolation == true)
      #expect(try await pool.query("select * from t").isEmpty)
    }
  }

  @Test func `a snapshot sees one state and changes nothing`() async throws {
    try await withPool { pool in
      _ = try await pool.query("create table t as select 1 as id")
      try await pool.transaction(.snapshot) { transaction in
        #expect(try await transaction.query("select * from t").count == 1)
        _ = try await pool.query("insert into t values (2)")
        #expect(try await transaction.query("select * from t").count == 1)
      }
      let error = try await failure {
        try await pool.transaction(.snapshot) { transaction in
          _ = try await transaction.query("insert into t values (3)")
        }
      }
      #expect(error?.sqlState == "25006")
    }
  }

  @Test func `transactions keep to themselves while others wait their turn`() async throws {
    try await withPool({ $0.poolSize = 2 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      var seen: [Int] = []
      let tasks = (0..<20).map { _ in
        pool.loop.spawn {
          try? await pool.transaction { transaction in
            let lock = "lock table t in exclusive mode"
            _ = try await transaction.query(Statement("lock_t", lock))
            _ = try await transaction.query("insert into t select coalesce(max(id), 0) + 1 from t")
            seen.append(
              try await transaction.query("select max(id) from t")[0].decode(0, as: Int.self))
          }
        }
      }
      for task in tasks { await task.value }
      #expect(seen.sorted() == Array(1...20))
    }
  }

  @Test func `a script of several commands is one with its transaction`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      try await pool.transaction { transaction in
        try await transaction.execute(
          script: "create table a (id int8); insert into a values (1), (2);", timeout: .seconds(5))
        #expect(try await transaction.query("select * from a").count == 2)
      }
      let error = try await failure {
        try await pool.transaction { transaction in
          try await transaction.execute(
            script: "create table b (id int8); insert into nowhere values (1)",
            timeout: .seconds(5))
        }
      }
      #expect(error?.sqlState == "42P01")
      #expect(
        try await pool.query("select to_regclass('b') is null")[0].decode(0, as: Bool.self))
    }
  }
}
