/// The statements that one connection has prepared.
///
/// A statement is prepared for the types of the parameters it is first run with, and again when it
/// is run with others. A null fits a parameter of any type.
struct PreparedStatements {
  struct Prepared: Equatable {
    let sql: String
    let types: [PostgresType]
    /// The name on the server.
    let name: String
  }

  /// Further statements run unprepared: each takes memory of the server's process.
  static let limit = 512

  private var variants: [String: [Prepared]] = [:]
  private var serial = 0
  private(set) var count = 0

  /// The prepared form of `statement` that takes parameters of `types`.
  func find(_ statement: Statement, types: [PostgresType]) -> Prepared? {
    variants[statement.name]?.first { prepared in
      prepared.sql == statement.sql && prepared.types.count == types.count
        && zip(prepared.types, types).allSatisfy { $0 == $1 || $1 == .unspecified }
    }
  }

  /// Notes a new prepared form; `nil` when there are too many already.
  mutating func add(_ statement: Statement, types: [PostgresType]) -> Prepared? {
    guard count < Self.limit else { return nil }
    serial += 1
    count += 1
    let prepared = Prepared(
      sql: statement.sql, types: types, name: "\(statement.name)#\(serial)")
    variants[statement.name, default: []].append(prepared)
    return prepared
  }

  /// Forgets what the server does not have, or no longer has.
  mutating func forget(_ statement: Statement) {
    count -= variants.removeValue(forKey: statement.name)?.count ?? 0
  }
}
