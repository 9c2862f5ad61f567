public import Domain
public import Postgres

/// Campaigns as an operator writes and reads them.
public struct CampaignStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  /// A campaign with what the ledger knows beside its terms.
  public struct Record: Sendable, Equatable {
    public let campaign: Campaign
    /// Coupons in the ledger; those accepted a moment ago follow.
    public let issued: Int
    public let createdBy: UserID
    public let createdAt: Instant
    public let updatedAt: Instant
  }

  /// Adds a campaign and the command that brings it to its cell, in one transaction.
  ///
  /// - Throws: a foreign key violation when the cell belongs to another tenant.
  public func insert(_ campaign: Campaign, by user: UserID) async throws(PostgresError) -> Record {
    let rows = try await pool.query(
      Self.insertStatement,
      [
        .text(campaign.cell.text), .text(campaign.tenant.description), .uuid(campaign.id.uuid),
        .text(campaign.name), .int8(Int64(campaign.terms.quantity)),
        .int8(Int64(campaign.terms.perUserLimit)), .timestamptz(campaign.terms.opensAt.timestamp),
        .timestamptz(campaign.terms.closesAt.timestamp),
        .optional(campaign.expiresAt?.timestamp),
        .jsonb(CampaignDocuments.encode(campaign.discount)),
        .jsonb(CampaignDocuments.encode(campaign.eligibility)),
        .text(campaign.acknowledgement.rawValue),
        campaign.terms.ratePolicy.map { .jsonb(CampaignDocuments.encode($0)) } ?? .null(.jsonb),
        .text(user.description), .optional(campaign.room?.uuid),
      ])
    return try Self.record(rows[0])
  }

  /// Replaces what may be changed of a campaign, if `expected` is still its version.
  ///
  /// - Returns: the record, or `nil` when the campaign was changed meanwhile.
  public func update(
    _ campaign: Campaign, expected: Int
  ) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.updateStatement,
      [
        .text(campaign.tenant.description), .uuid(campaign.id.uuid), .int8(Int64(expected)),
        .text(campaign.name), .int8(Int64(campaign.terms.quantity)),
        .int8(Int64(campaign.terms.perUserLimit)), .timestamptz(campaign.terms.opensAt.timestamp),
        .timestamptz(campaign.terms.closesAt.timestamp),
        .optional(campaign.expiresAt?.timestamp),
        .jsonb(CampaignDocuments.encode(campaign.discount)),
        .jsonb(CampaignDocuments.encode(campaign.eligibility)),
        .text(campaign.acknowledgement.rawValue),
        campaign.terms.ratePolicy.map { .jsonb(CampaignDocuments.encode($0)) } ?? .null(.jsonb),
        .optional(campaign.room?.uuid),
      ])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// Ends a campaign, makes its unused coupons worthless and tells its cell, in one transaction.
  ///
  /// - Returns: whether it was not recalled before; nil when the tenant has none of this id.
  public func recall(
    _ id: Identifier, of tenant: TenantID, by user: UserID, reason: String
  ) async throws(PostgresError) -> Bool? {
    let rows = try await pool.query(
      Self.recallStatement,
      [
        .text(tenant.description), .uuid(id.uuid), .text(user.description), .text(reason),
      ])
    return try rows[0].decode(0, as: Bool?.self)
  }

  /// One campaign of a tenant; `nil` when the tenant has none of this id, or it is not `creator`'s, if one
  /// is given.
  public func find(
    _ id: Identifier, of tenant: TenantID, by creator: UserID? = nil
  ) async throws(PostgresError) -> Record? {
    let rows = try await pool.query(
      Self.findStatement,
      [.text(tenant.description), .uuid(id.uuid), .optional(creator?.description)])
    return rows.isEmpty ? nil : try Self.record(rows[0])
  }

  /// A tenant's campaigns, or those of one who made them, newest first, before the campaign `cursor`.
  public func list(
    of tenant: TenantID, by creator: UserID? = nil, before cursor: Identifier?, limit: Int
  ) async throws(PostgresError) -> [Record] {
    var values: [PostgresValue] = [
      .text(tenant.description), .uuid((cursor ?? .last).uuid), .int8(Int64(limit)),
    ]
    if let creator { values.append(.text(creator.description)) }
    let rows = try await pool.query(
      creator == nil ? Self.listStatement : Self.ownListStatement, values)
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    guard let tenant = TenantID(try row.decode("tenant_id", as: String.self)),
      let cell = CellName(try row.decode("cell", as: String.self)),
      let discount = CampaignDocuments.discount(try row.decode("discount", as: String.self)),
      let eligibility = CampaignDocuments.eligibility(
        try row.decode("eligibility", as: String.self)),
      let acknowledgement = Acknowledgement(
        rawValue: try row.decode("acknowledge", as: String.self))
    else { throw .decoding(column: "campaigns", reason: "holds a row that no version wrote") }
    let policy = try row.decode("rate_policy", as: String?.self)
    let campaign = Campaign(
      id: Identifier(try row.decode("campaign_id", as: PostgresUUID.self)), tenant: tenant,
      cell: cell, name: try row.decode("name"),
      terms: CampaignTerms(
        quantity: try row.decode("quantity"), perUserLimit: try row.decode("per_user_limit"),
        opensAt: Instant(try row.decode("opens_at", as: PostgresTimestamp.self)),
        closesAt: Instant(try row.decode("closes_at", as: PostgresTimestamp.self)),
        ratePolicy: policy.flatMap(CampaignDocuments.ratePolicy)),
      discount: discount, eligibility: eligibility, acknowledgement: acknowledgement,
      expiresAt: try row.decode("expires_at", as: PostgresTimestamp?.self).map(Instant.init),
      room: try row.decode("room_id", as: PostgresUUID?.self).map(Identifier.init),
      version: try row.decode("version"),
      recalledAt: try row.decode("recalled_at", as: PostgresTimestamp?.self).map(Instant.init))
    return Record(
      campaign: campaign, issued: try row.decode("issued"),
      createdBy: try row.word("created_by"),
      createdAt: Instant(try row.decode("created_at", as: PostgresTimestamp.self)),
      updatedAt: Instant(try row.decode("updated_at", as: PostgresTimestamp.self)))
  }
}
