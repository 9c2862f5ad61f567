import Postgres
import TestSupport
import Testing

@Suite struct ValueTests {
  private static let sample = PostgresUUID(high: 0x0190_0000_0000_7abc, low: 0x8123_4567_89ab_cdef)

  @Test func `every kind of value comes back as it was sent`() async throws {
    try await withPool { pool in
      let rows = try await pool.query(
        Statement(
          "every_kind",
          """
          select $1::bool as bool, $2::int2 as int2, $3::int4 as int4, $4::int8 as int8,
            $5::float8 as float8, $6::text as text, $7::bytea as bytea, $8::uuid as uuid,
            $9::timestamptz as at, $10::json as json, $11::jsonb as jsonb, null::text as nothing
          """),
        [
          true, .int2(-7), .int4(.min), .int8(.max), .float8(-0.5), "grüß 'dich", .bytea([0, 255]),
          .uuid(Self.sample), .timestamptz(PostgresTimestamp(milliseconds: 1_700_000_000_123)),
          .json("{\"a\": 1}"), .jsonb("{\"b\": [2]}"),
        ])
      #expect(rows.count == 1)
      let row = rows[0]
      #expect(try row.decode("bool", as: Bool.self))
      #expect(try row.decode("int2", as: Int16.self) == -7)
      #expect(try row.decode("int4", as: Int32.self) == .min)
      #expect(try row.decode("int4", as: Int.self) == Int(Int32.min))
      #expect(try row.decode("int8", as: Int64.self) == .max)
      #expect(try row.decode("float8", as: Double.self) == -0.5)
      #expect(try row.decode("text", as: String.self) == "grüß 'dich")
      #expect(try row.decode("bytea", as: [UInt8].self) == [0, 255])
      #expect(try row.decode("uuid", as: PostgresUUID.self) == Self.sample)
      #expect(try row.decode("at", as: PostgresTimestamp.self).milliseconds == 1_700_000_000_123)
      #expect(try row.decode("json", as: String.self) == "{\"a\": 1}")
      #expect(try row.decode("jsonb", as: String.self) == "{\"b\": [2]}")
      #expect(try row.decode("nothing", as: String?.self) == nil)
      #expect(try row.decode(3, as: Int?.self) == .max)
    }
  }

  @Test func `arrays come back as they were sent, with nulls and empty ones`() async throws {
    try await withPool { pool in
      let times = [PostgresTimestamp(milliseconds: -1), .infinity, .negativeInfinity]
      let row = try await pool.query(
        Statement(
          "arrays",
          """
          select $1::int8[] as ints, $2::text[] as texts, $3::uuid[] as uuids,
            $4::timestamptz[] as times, $5::bytea[] as blobs, $6::int8[] as none,
            array_length($2, 1) as length, $4[1] < now() as is_past
          """),
        [
          .array([1, -2, Int64.max]), .array(["a", nil, ""]), .array([Self.sample]),
          .array(times), .array([[1, 2], []] as [[UInt8]]), .array([Int64]()),
        ])[0]
      #expect(try row.decode("ints", as: [Int64].self) == [1, -2, .max])
      #expect(try row.decode("texts", as: [String?].self) == ["a", nil, ""])
      #expect(try row.decode("uuids", as: [PostgresUUID].self) == [Self.sample])
      #expect(try row.decode("times", as: [PostgresTimestamp].self) == times)
      #expect(try row.decode("blobs", as: [[UInt8]].self) == [[1, 2], []])
      #expect(try row.decode("none", as: [Int].self) == [])
      #expect(try row.decode("length", as: Int.self) == 3)
      #expect(try row.decode("is_past", as: Bool.self))
    }
  }

  @Test func `the text of a UUID is the server's`() async throws {
    try await withPool { pool in
      let row = try await pool.query("select $1::uuid::text", [.uuid(Self.sample)])[0]
      #expect(try row.decode(0, as: String.self) == Self.sample.description)
    }
  }

  @Test func `sums come back as integers although the server makes them numeric`() async throws {
    try await withPool { pool in
      let numbers: [Int64] = [0, 1, -1, 9999, 10_000, 100_000_000, -123_456_789_012, .max, .min]
      for number in numbers {
        let row = try await pool.query("select sum($1::int8)", [.int8(number)])[0]
        #expect(try row.decode(0, as: Int64.self) == number)
      }
      let large = try await pool.query("select 9223372036854775808::numeric, 1.5::numeric")[0]
      #expect(throws: PostgresError.self) { try large.decode(0, as: Int64.self) }
      #expect(throws: PostgresError.self) { try large.decode(1, as: Int64.self) }
    }
  }

  @Test func `a wrong type, a null and a missing column are named`() async throws {
    try await withPool { pool in
      let row = try await pool.query("select 'x'::text as word, null::int8 as gap")[0]
      func column(_ body: () throws(PostgresError) -> Void) -> String? {
        do throws(PostgresError) {
          try body()
          return nil
        } catch {
          guard case .decoding(let column, _) = error else { return nil }
          return column
        }
      }
      #expect(
        column { () throws(PostgresError) in _ = try row.decode("word", as: Int.self) } == "word")
      #expect(
        column { () throws(PostgresError) in _ = try row.decode("gap", as: Int.self) } == "gap")
      #expect(
        column { () throws(PostgresError) in _ = try row.decode("none", as: Int.self) } == "none")
    }
  }

  @Test func `random rows survive the way there and back`() async throws {
    try await withPool { pool in
      var generator = SeededGenerator()
      var numbers: [Int64?] = []
      var texts: [String?] = []
      for _ in 0..<2000 {
        numbers.append(
          Bool.random(using: &generator) ? .random(in: .min ... .max, using: &generator) : nil)
        let scalars = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
          Unicode.Scalar(UInt32.random(in: 1...0xD7FF, using: &generator))!
        }
        texts.append(
          Bool.random(using: &generator) ? String(String.UnicodeScalarView(scalars)) : nil)
      }
      let rows = try await pool.query(
        Statement(
          "random_rows",
          "select * from unnest($1::int8[], $2::text[]) with ordinality as t (number, text, place)"),
        [.array(numbers), .array(texts)])
      #expect(rows.count == 2000)
      #expect(try rows.map { try $0.decode("number", as: Int64?.self) } == numbers)
      #expect(try rows.map { try $0.decode("text", as: String?.self) } == texts)
    }
  }
}
