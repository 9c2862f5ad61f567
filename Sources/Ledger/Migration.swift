/// One step of the schema's history: an SQL text that is applied once, and never changed after.
public struct Migration: Sendable, Equatable {
  /// The place in the order, from 1.
  public let number: Int
  /// The name without the number.
  public let name: String
  /// One or more SQL commands; without `begin` and `commit`, for it runs in a transaction.
  public let sql: String

  public init(number: Int, name: String, sql: String) {
    precondition(number > 0, "migrations are numbered from 1")
    self.number = number
    self.name = name
    self.sql = sql
  }

  /// The file's name: `0001_campaigns`.
  public var title: String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits + "_" + name
  }
}
