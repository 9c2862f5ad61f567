public import Domain
public import Postgres

/// Issued coupons on their way into the ledger, column by column in Postgres' binary form.
///
/// Filled from raw bytes: a fact costs no string and no object.
public struct CouponFacts: Sendable, Equatable {
  private var campaigns: PostgresArray.Builder
  private var sequences: PostgresArray.Builder
  private var users: PostgresArray.Builder
  private var ordinals: PostgresArray.Builder
  private var coupons: PostgresArray.Builder
  private var instants: PostgresArray.Builder
  private var digests: PostgresArray.Builder
  private var fingerprints: PostgresArray.Builder
  private var hasRecords = false

  /// - Parameter capacity: facts that room is made for.
  public init(capacity: Int = 0) {
    campaigns = .init(of: .uuid, capacity: capacity * 20)
    sequences = .init(of: .int8, capacity: capacity * 12)
    users = .init(of: .text, capacity: capacity * 20)
    ordinals = .init(of: .int8, capacity: capacity * 12)
    coupons = .init(of: .uuid, capacity: capacity * 20)
    instants = .init(of: .int8, capacity: capacity * 12)
    digests = .init(of: .text, capacity: capacity * 4)
    fingerprints = .init(of: .text, capacity: capacity * 4)
  }

  /// How many there are.
  public var count: Int { sequences.count }

  /// Adds one coupon.
  ///
  /// - Parameter record: digest and fingerprint of the idempotency key that it was claimed with.
  public mutating func append(
    campaign: Identifier, sequence: Int, user: UnsafeRawBufferPointer, ordinal: Int,
    issuedAt: Instant,
    record: (digest: UnsafeRawBufferPointer, fingerprint: UnsafeRawBufferPointer)?
  ) {
    campaigns.append(uuid: campaign.high, campaign.low)
    sequences.append(Int64(sequence))
    users.append(bytes: user)
    ordinals.append(Int64(ordinal))
    let coupon = CouponIdentity.identifier(
      campaign: campaign, sequence: sequence, issuedAt: issuedAt)
    coupons.append(uuid: coupon.high, coupon.low)
    instants.append(issuedAt.milliseconds)
    if let record {
      hasRecords = true
      digests.append(bytes: record.digest)
      fingerprints.append(bytes: record.fingerprint)
    } else {
      digests.appendNull()
      fingerprints.appendNull()
    }
  }

  /// The columns as parameters. Without any record its two columns are empty, which the function
  /// reads as nulls.
  var parameters: [PostgresValue] {
    let empty = PostgresArray.Builder(of: .text).build()
    return [
      .array(campaigns.build()), .array(sequences.build()), .array(users.build()),
      .array(ordinals.build()), .array(coupons.build()), .array(instants.build()),
      .array(hasRecords ? digests.build() : empty),
      .array(hasRecords ? fingerprints.build() : empty),
    ]
  }
}

extension CellStore {
  /// How taking facts ended.
  public enum Application: Sendable, Equatable {
    /// They are in the ledger; so many of them were new.
    case applied(new: Int)
    /// The cursor stands elsewhere, or somebody else holds the cell: nothing was done.
    case refused
  }

  /// Adds facts and moves the cell's cursor over them, in one transaction; holds the cell for `hold`
  /// from now.
  ///
  /// - Throws: a server's refusal of class 22 or 23 when a fact contradicts the ledger.
  public func apply(
    _ facts: CouponFacts, to cell: CellName, as reconciler: String, hold: Duration,
    from expected: CellRecord.Cursor, to next: CellRecord.Cursor
  ) async throws(PostgresError) -> Application {
    let rows = try await pool.query(
      Self.applyStatement,
      Self.cursorParameters(cell, reconciler, hold, from: expected, to: next) + facts.parameters)
    let added = try rows[0].decode(0, as: Int.self)
    return added < 0 ? .refused : .applied(new: added)
  }

  /// Who moves which cursor from where to where.
  static func cursorParameters(
    _ cell: CellName, _ reconciler: String, _ hold: Duration,
    from expected: CellRecord.Cursor, to next: CellRecord.Cursor
  ) -> [PostgresValue] {
    [
      .text(cell.text), .text(reconciler), milliseconds(hold),
      .int8(Int64(expected.milliseconds)), .int8(Int64(expected.sequence)),
      .int8(Int64(next.milliseconds)), .int8(Int64(next.sequence)),
    ]
  }
}
