internal import Domain
internal import Postgres

extension Identifier {
  /// As a statement's argument.
  var uuid: PostgresValue { .uuid(PostgresUUID(high: high, low: low)) }

  init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }
}
