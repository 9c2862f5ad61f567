import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct QueryTests {
  @Test func `queries of concurrent callers are pipelined and each gets its own answer`()
    async throws
  {
    try await withPool {
      $0.poolSize = 1
      $0.pipelineDepth = 1000
    } _: { pool in
      let square = Statement("square", "select $1 * $1 as square")
      var answers: [Int: Int] = [:]
      let tasks = (0..<200).map { number in
        pool.loop.spawn {
          let rows = try? await pool.query(square, [.int8(Int64(number))])
          answers[number] = try? rows?[0].decode("square", as: Int.self)
        }
      }
      for task in tasks { await task.value }
      #expect(answers == Dictionary(uniqueKeysWithValues: (0..<200).map { ($0, $0 * $0) }))
      #expect(pool.openConnections == 1)
    }
  }

  @Test func `a statement is prepared once for the types it is used with`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let echo = Statement("echo", "select $1 as it")
      #expect(try await pool.query(echo, ["a"])[0].decode("it", as: String.self) == "a")
      #expect(try await pool.query(echo, [7])[0].decode("it", as: Int.self) == 7)
      #expect(try await pool.query(echo, [nil])[0].decode("it", as: String?.self) == nil)
      #expect(try await pool.query(echo, ["b"])[0].decode("it", as: String.self) == "b")
      let prepared = try await pool.query(
        "select count(*) from pg_prepared_statements where name like 'echo%'")
      #expect(try prepared[0].decode(0, as: Int.self) == 2)
    }
  }

  @Test func `a refusal fails its own caller only and names code and constraint`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8 constraint t_key primary key)")
      let insert = Statement("insert_t", "insert into t values ($1)")
      var failures: [PostgresError] = []
      let tasks = [1, 1, 2, 2, 3].map { number in
        pool.loop.spawn {
          do throws(PostgresError) {
            _ = try await pool.query(insert, [.int8(Int64(number))])
          } catch {
            failures.append(error)
          }
        }
      }
      for task in tasks { await task.value }
      #expect(failures.count == 2)
      #expect(failures.allSatisfy { $0.isUniqueViolation && $0.constraint == "t_key" })
      #expect(try await pool.query("select count(*) from t")[0].decode(0, as: Int.self) == 3)
    }
  }

  @Test func `a statement that cannot be prepared fails each time with the server's reason`()
    async throws
  {
    try await withPool({ $0.poolSize = 1 }) { pool in
      for _ in 0..<2 {
        let error = try await failure {
          _ = try await pool.query(Statement("bad", "select * from nowhere"))
        }
        #expect(error?.sqlState == "42P01")
      }
      _ = try await pool.query("create table nowhere (id int8)")
      #expect(try await pool.query(Statement("bad", "select * from nowhere")).isEmpty)
    }
  }

  @Test func `a prepared statement outlives a change of its table`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      let all = Statement("all", "select * from t")
      _ = try await pool.query("create table t (id int8)")
      #expect(try await pool.query(all).columns == ["id"])
      _ = try await pool.query("alter table t add column name text")
      #expect(try await pool.query(all).columns == ["id", "name"])
      _ = try await pool.query("deallocate all")
      #expect(try await pool.query(all).columns == ["id", "name"])
    }
  }

  @Test func `large parameters and large results pass`() async throws {
    try await withPool { pool in
      let blob = [UInt8](repeating: 0x5A, count: 20_000_000)
      let rows = try await pool.query("select $1::bytea as blob", [.bytea(blob)])
      #expect(try rows[0].decode("blob", as: [UInt8].self) == blob)
      let many = try await pool.query("select generate_series(1, 200000)")
      #expect(try many.reduce(0) { $0 + (try $1.decode(0, as: Int.self)) } == 20_000_100_000)
    }
  }

  @Test func `too many parameters are refused before anything is sent`() async throws {
    try await withPool { pool in
      let error = try await failure {
        _ = try await pool.query("select 1", Array(repeating: 1, count: 70_000))
      }
      guard case .encoding = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(try await pool.query("select 1").count == 1)
    }
  }

  @Test func `affected rows are counted`() async throws {
    try await withPool { pool in
      _ = try await pool.query("create table t as select generate_series(1, 10) as id")
      #expect(try await pool.query("delete from t where id > 3").affected == 7)
    }
  }
}
