import EventLoop
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct MigratorTests {
  private static let first = Migration(
    number: 1, name: "first", sql: "create table a (id int8); insert into a values (1);")
  private static let second = Migration(
    number: 2, name: "second", sql: "create table b (id int8);\ninsert into b values (2), (3);")

  private func withPool<Result: Sendable>(
    url: String? = nil, _ body: @escaping @Sendable (PostgresPool) async throws -> Result
  ) async throws -> Result {
    let database: String
    if let url { database = url } else { database = try await SharedServers.database() }
    return try await withEventLoop { loop in
      let pool = PostgresPool(configuration: try .patient(url: database), loop: loop)
      defer { pool.close() }
      try await pool.whenReady(deadline: .seconds(60))
      return try await body(pool)
    }
  }

  @Test func `migrations are applied once, in order`() async throws {
    try await withPool { pool async throws in
      #expect(try await Migrator(migrations: [Self.first]).pending(on: pool) == [Self.first])
      #expect(try await Migrator(migrations: [Self.first]).run(on: pool) == [Self.first])
      let both = Migrator(migrations: [Self.first, Self.second])
      #expect(try await both.pending(on: pool) == [Self.second])
      #expect(try await both.run(on: pool) == [Self.second])
      #expect(try await both.run(on: pool).isEmpty)
      #expect(try await both.pending(on: pool).isEmpty)
      #expect(try await pool.query("select * from b").count == 2)
    }
  }

  @Test func `migrators that run at once take turns`() async throws {
    let url = try await SharedServers.database()
    let applied = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<4 {
        group.addTask {
          try await withPool(url: url) { pool in
            try await Migrator(migrations: [Self.first, Self.second]).run(on: pool).count
          }
        }
      }
      return try await group.reduce(0, +)
    }
    #expect(applied == 2)
  }

  @Test func `a migration that fails leaves nothing and is named`() async throws {
    try await withPool { pool async throws in
      let bad = Migration(number: 2, name: "bad", sql: "create table c (id int8); select 1/0;")
      let error = await #expect(throws: MigrationError.self) {
        try await Migrator(migrations: [Self.first, bad]).run(on: pool)
      }
      #expect(error?.description.contains("0002_bad") == true)
      #expect(error?.description.contains("division by zero") == true)
      #expect(
        try await pool.query("select to_regclass('c') is null")[0].decode(0, as: Bool.self))
      #expect(
        try await Migrator(migrations: [Self.first, Self.second]).run(on: pool) == [Self.second])
    }
  }

  @Test func `a migration that gives way in a deadlock is tried again, not for ever`() async throws
  {
    @Sendable func yielding(_ times: Int) -> Migration {
      // What a sequence has told is not undone.
      Migration(
        number: 2, name: "yielding",
        sql: """
          do $$ begin
            if nextval('tries') <= \(times) then raise exception 'no' using errcode = '40P01'; end if;
          end $$;
          """)
    }
    try await withPool { pool async throws in
      _ = try await pool.query("create sequence tries")
      let lasting = Migrator(migrations: [Self.first, yielding(Migrator.maximumAttempts)])
      await #expect(throws: MigrationError.self) { try await lasting.run(on: pool) }
      _ = try await pool.query("alter sequence tries restart")
      let passing = yielding(Migrator.maximumAttempts - 1)
      #expect(
        try await Migrator(migrations: [Self.first, passing]).run(on: pool) == [passing])
    }
  }

  @Test func `a changed migration is refused`() async throws {
    try await withPool { pool async throws in
      _ = try await Migrator(migrations: [Self.first]).run(on: pool)
      let changed = Migration(number: 1, name: "first", sql: "create table other (id int8)")
      await #expect(throws: MigrationError.changed(title: "0001_first")) {
        try await Migrator(migrations: [changed]).run(on: pool)
      }
      await #expect(throws: MigrationError.changed(title: "0001_first")) {
        try await Migrator(migrations: [changed]).pending(on: pool)
      }
    }
  }

  @Test func `a database of a newer version is refused`() async throws {
    try await withPool { pool async throws in
      _ = try await Migrator(migrations: [Self.first, Self.second]).run(on: pool)
      await #expect(throws: MigrationError.newer(titles: ["0002_second"])) {
        try await Migrator(migrations: [Self.first]).run(on: pool)
      }
    }
  }

  @Test func `numbers must run without a gap`() throws {
    let third = Migration(number: 3, name: "third", sql: "")
    #expect(throws: MigrationError.badOrder(title: "0003_third")) {
      try Migrator.checkOrder([Self.first, third])
    }
  }

  @Test func `the embedded history is in order and applies to an empty database`() async throws {
    try await withPool { pool async throws in
      #expect(try await Migrator().run(on: pool) == Migration.embedded)
    }
  }
}
