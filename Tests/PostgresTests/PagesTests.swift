import EventLoop
import Postgres
import TestSupport
import Testing

@Suite struct PagesTests {
  private static let numbers = Statement(
    unprepared: "select n from generate_series(1::int8, $1::int8) n where n % $2::int8 = 0")

  /// All numbers of a reading, page by page.
  private func read(_ pages: PostgresPages) async throws -> [[Int]] {
    var read: [[Int]] = []
    while let page = try await pages.next() {
      read.append(try page.map { row throws(PostgresError) in try row.decode(0) })
    }
    return read
  }

  @Test(arguments: [0, 1, 9, 10, 11, 30])
  func `every row comes once, in pages of the size asked for`(count: Int) async throws {
    try await withPool { pool in
      let read = try await pool.transaction(.snapshot) { transaction in
        let pages = transaction.pages(of: Self.numbers, [.int8(Int64(count)), 1], size: 10)
        let read = try await self.read(pages)
        // Behind the last there is nothing, however often one asks.
        #expect(try await pages.next() == nil)
        return read
      }
      #expect(read.joined().elementsEqual(1..<(count + 1)))
      #expect(read.dropLast().allSatisfy { $0.count == 10 } && read.allSatisfy { !$0.isEmpty })
    }
  }

  @Test func `several readings go on side by side, with other statements between their pages`()
    async throws
  {
    try await withPool({ $0.poolSize = 1 }) { pool in
      try await pool.transaction { transaction in
        let all = transaction.pages(of: Self.numbers, [9, 1], size: 2)
        let even = transaction.pages(of: Self.numbers, [9, 2], size: 3)
        var read: [[Int]] = [[], []]
        for _ in 0..<6 {
          for (index, pages) in [all, even].enumerated() {
            guard let page = try await pages.next() else { continue }
            for row in page { read[index].append(try row.decode(0)) }
          }
          let one = try await transaction.query("select 1::int8")
          #expect(try one[0].decode(0, as: Int.self) == 1)
        }
        #expect(read == [Array(1...9), [2, 4, 6, 8]])
      }
      // Both cursors have gone with the transaction, and the connection is of use.
      let left = try await pool.query("select from pg_cursors where name like 'pages%'")
      #expect(left.isEmpty)
    }
  }

  @Test func `a reading that is left off is no hindrance to the end of its transaction`()
    async throws
  {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      try await pool.transaction { transaction in
        _ = try await transaction.query("insert into t values (7)")
        let pages = transaction.pages(of: Self.numbers, [100_000, 1], size: 1000)
        #expect(try await pages.next()?.count == 1000)
      }
      #expect(try await pool.query("select from t").count == 1)
      #expect(pool.openConnections == 1)
    }
  }

  @Test func `a page that fails dooms the transaction`() async throws {
    try await withPool({ $0.poolSize = 1 }) { pool in
      _ = try await pool.query("create table t (id int8)")
      let broken = Statement(unprepared: "select 1 / (3 - n) from generate_series(1, 5) n")
      let error = try await failure {
        try await pool.transaction { transaction in
          _ = try await transaction.query("insert into t values (1)")
          let pages = transaction.pages(of: broken, size: 1)
          while let page = try? await pages.next() { #expect(page.count == 1) }
        }
      }
      #expect(error?.sqlState == "22012")
      #expect(try await pool.query("select from t").isEmpty)
    }
  }

  @Test func `a page past its time-out is stopped, and none behind it is held to that`()
    async throws
  {
    try await withPool { pool in
      let slow = Statement(unprepared: "select pg_sleep(60)")
      let error = try await failure {
        try await pool.transaction { transaction in
          let pages = transaction.pages(of: slow, size: 1, timeout: .milliseconds(30))
          _ = try await pages.next()
        }
      }
      #expect(error == .timedOut)
      try await pool.transaction { transaction in
        let pages = transaction.pages(of: Self.numbers, [3, 1], size: 10, timeout: .seconds(33))
        #expect(try await self.read(pages) == [[1, 2, 3]])
        let setting = try await transaction.query("show statement_timeout")[0]
        #expect(try setting.decode(0, as: String.self) == "5s")
      }
    }
  }

  @Test func `a snapshot's pages do not see what others write between them`() async throws {
    try await withPool { pool in
      _ = try await pool.query("create table t (id int8)")
      _ = try await pool.query("insert into t select generate_series(1, 10)")
      let all = Statement(unprepared: "select id from t")
      let read = try await pool.transaction(.snapshot) { transaction in
        let pages = transaction.pages(of: all, size: 3)
        var read = try await pages.next()?.count ?? 0
        _ = try await pool.query("delete from t where id > 5")
        _ = try await pool.query("insert into t select generate_series(11, 40)")
        let later = transaction.pages(of: all, size: 100)
        read += try await self.read(pages).joined().count
        return [read, try await self.read(later).joined().count]
      }
      #expect(read == [10, 10])
    }
  }
}
