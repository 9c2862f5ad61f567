internal import Domain
internal import Postgres

extension Identifier {
  /// Above all ids: where a listing from the newest begins.
  static let last = Identifier(high: .max, low: .max)

  var uuid: PostgresUUID { PostgresUUID(high: high, low: low) }

  init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }
}

extension Instant {
  var timestamp: PostgresTimestamp { PostgresTimestamp(milliseconds: milliseconds) }

  init(_ timestamp: PostgresTimestamp) { self.init(milliseconds: timestamp.milliseconds) }
}

extension RequestDigest {
  var uuid: PostgresUUID { PostgresUUID(high: high, low: low) }

  init(_ uuid: PostgresUUID) { self.init(high: uuid.high, low: uuid.low) }
}
