/// An SQL statement with `$1`, `$2` … for its parameters.
///
/// A named statement is prepared once on each connection that runs it; the name must stand for one
/// text. A statement without a name is parsed each time: for what runs rarely.
public struct Statement: Sendable, Hashable {
  /// The name for preparation, logs and metrics; empty when it is not prepared.
  public let name: String
  /// The text: one SQL command.
  public let sql: String

  /// A statement prepared under `name`.
  public init(_ name: String, _ sql: String) {
    self.name = name
    self.sql = sql
  }

  /// A statement that is parsed each time it runs.
  public init(unprepared sql: String) {
    name = ""
    self.sql = sql
  }

  var isPrepared: Bool { !name.isEmpty }
}

extension Statement: ExpressibleByStringLiteral {
  public init(stringLiteral sql: String) { self.init(unprepared: sql) }
}
