internal import CLibpq

/// The result of a statement: rows with typed columns, read where libpq left them.
///
/// Unchecked because the compiler does not know that libpq never changes a result; it documents
/// results as read-only and safe to read from any thread.
public final class PostgresRows: @unchecked Sendable {
  private let result: OpaquePointer
  /// The number of rows.
  public let count: Int
  private let columnCount: Int32

  /// Takes over a `PGresult`.
  init(_ result: OpaquePointer) {
    self.result = result
    count = Int(PQntuples(result))
    columnCount = PQnfields(result)
  }

  deinit { PQclear(result) }

  /// The rows that an insert, update, delete or select touched.
  public var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

  /// What the server calls the command that it ran: `INSERT 0 1`, `COMMIT`.
  public var command: String { String(cString: PQcmdStatus(result)) }

  /// The names of the columns, in order.
  public var columns: [String] { (0..<columnCount).map { String(cString: PQfname(result, $0)) } }

  /// The position of the column called `name`, for use in a loop over many rows.
  public func column(_ name: String) throws(PostgresError) -> Int {
    let found = name.withCString { name -> Int? in
      (0..<columnCount).first { Self.equal(PQfname(result, $0), name) }.map(Int.init)
    }
    guard let found else { throw .decoding(column: name, reason: "is not in the result") }
    return found
  }

  private static func equal(_ left: UnsafePointer<CChar>, _ right: UnsafePointer<CChar>) -> Bool {
    var index = 0
    while left[index] == right[index] {
      if left[index] == 0 { return true }
      index += 1
    }
    return false
  }

  /// Lets `body` see one field's bytes.
  public func withField<Result, Failure: Error>(
    row: Int, column: Int, _ body: (PostgresField) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition(row >= 0 && row < count, "row \(row) of \(count)")
    precondition(column >= 0 && column < columnCount, "column \(column) of \(columnCount)")
    let (row, column) = (Int32(row), Int32(column))
    let type = PostgresType(identifier: PQftype(result, column))
    let isNull = PQgetisnull(result, row, column) != 0
    let bytes =
      isNull
      ? nil
      : UnsafeRawBufferPointer(
        start: PQgetvalue(result, row, column), count: Int(PQgetlength(result, row, column)))
    return try withExtendedLifetime(self) { () throws(Failure) in
      try body(PostgresField(type: type, bytes: bytes))
    }
  }

  fileprivate func name(of column: Int) -> String {
    String(cString: PQfname(result, Int32(column)))
  }
}

extension PostgresRows: RandomAccessCollection {
  public var startIndex: Int { 0 }
  public var endIndex: Int { count }
  public subscript(index: Int) -> PostgresRow { PostgresRow(rows: self, index: index) }
}

/// One row of a result.
public struct PostgresRow: Sendable {
  let rows: PostgresRows
  let index: Int

  /// The value of the column called `name`; ask for an optional type where it may be null.
  ///
  /// - Throws: `PostgresError.decoding`.
  public func decode<Value: PostgresDecodable>(
    _ name: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    try decode(try rows.column(name), as: type)
  }

  /// The value of the column at `column`, counted from 0.
  ///
  /// - Throws: `PostgresError.decoding`.
  public func decode<Value: PostgresDecodable>(
    _ column: Int, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    do {
      return try rows.withField(row: index, column: column) {
        field throws(PostgresField.Mismatch) in try Value.decode(field)
      }
    } catch {
      throw .decoding(column: rows.name(of: column), reason: error.reason)
    }
  }
}
