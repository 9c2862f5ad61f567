internal import Domain
internal import Postgres

extension PostgresRow {
  /// A column whose text is one of the domain's words.
  func word<Value: TextCodable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value {
    guard let value = Value(try decode(column, as: String.self)) else {
      throw .decoding(column: column, reason: "holds what no version wrote")
    }
    return value
  }

  /// A column whose text is a case of an enumeration.
  func choice<Value: RawRepresentable>(
    _ column: String, as type: Value.Type = Value.self
  ) throws(PostgresError) -> Value where Value.RawValue == String {
    guard let value = Value(rawValue: try decode(column, as: String.self)) else {
      throw .decoding(column: column, reason: "holds what no version wrote")
    }
    return value
  }

  func cell(_ column: String) throws(PostgresError) -> CellName {
    guard let cell = CellName(try decode(column, as: String.self)) else {
      throw .decoding(column: column, reason: "holds what no version wrote")
    }
    return cell
  }

  func identifier(_ column: String) throws(PostgresError) -> Identifier {
    Identifier(try decode(column, as: PostgresUUID.self))
  }

  func scope(_ column: String) throws(PostgresError) -> StockScope {
    StockScope(stored: try identifier(column))
  }

  func instant(_ column: String) throws(PostgresError) -> Instant {
    Instant(try decode(column, as: PostgresTimestamp.self))
  }

  func optionalInstant(_ column: String) throws(PostgresError) -> Instant? {
    try decode(column, as: PostgresTimestamp?.self).map(Instant.init)
  }
}

extension StockScope {
  /// How the ledger keeps it: the sale's id, all zeros for what is sold without one.
  var stored: PostgresUUID { (sale ?? Identifier(high: 0, low: 0)).uuid }

  init(stored: Identifier) {
    self = stored == Identifier(high: 0, low: 0) ? .open : .sale(stored)
  }
}
