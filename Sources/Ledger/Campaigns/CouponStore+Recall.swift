public import Domain
public import Postgres

extension CouponStore {
  /// Coupons to be taken back, by whom and why.
  public struct Recall: Sendable, Equatable {
    /// Which coupons of the campaign.
    public enum Target: Sendable, Equatable {
      /// All that a user holds.
      case user(UserID)
      /// The one of a sequence.
      case sequence(Int)
    }

    public let id: Identifier
    public let campaign: Identifier
    public let tenant: TenantID
    public let target: Target
    public let actor: UserID
    public let reason: String

    public init(
      id: Identifier, campaign: Identifier, tenant: TenantID, target: Target, actor: UserID,
      reason: String
    ) {
      self.id = id
      self.campaign = campaign
      self.tenant = tenant
      self.target = target
      self.actor = actor
      self.reason = reason
    }
  }

  private static let recallStatement = Statement(
    "coupon_recall", "select spillway.recall_coupons($1, $2, $3, $4, $5::bigint, $6, $7)")

  /// Makes coupons that were not used worthless, keeps those that were from coming back, and tells their
  /// cell, in one transaction. What was taken back before is left as it is.
  public func recall(_ recall: Recall) async throws(PostgresError) {
    var user: UserID?
    var sequence: Int?
    switch recall.target {
    case .user(let holder): user = holder
    case .sequence(let number): sequence = number
    }
    _ = try await pool.query(
      Self.recallStatement,
      [
        .text(recall.tenant.description), .uuid(recall.id.uuid), .uuid(recall.campaign.uuid),
        .optional(user?.description), .optional(sequence), .text(recall.actor.description),
        .text(recall.reason),
      ])
  }

  private static let ofUserStatement = Statement(
    "coupon_of_user",
    """
    select \(columns) from \(source)
     where k.tenant_id = $1 and k.campaign_id = $2 and k.user_id = $3 order by k.sequence
    """)

  /// What a user holds of a campaign, in the order of issue.
  public func list(
    campaign: Identifier, of tenant: TenantID, user: UserID
  ) async throws(PostgresError) -> [Record] {
    let rows = try await pool.query(
      Self.ofUserStatement,
      [.text(tenant.description), .uuid(campaign.uuid), .text(user.description)])
    return try rows.map { row throws(PostgresError) in try Self.record(row) }
  }

  private static let ofSequenceStatement = Statement(
    "coupon_of_sequence",
    """
    select \(columns) from \(source)
     where k.tenant_id = $1 and k.campaign_id = $2 and k.sequence = $3
    """)

  /// A coupon of a campaign; nil when the campaign has none of this id.
  public func find(
    _ id: Identifier, campaign: Identifier, of tenant: TenantID
  ) async throws(PostgresError) -> Record? {
    guard let sequence = CouponIdentity.sequence(of: id, campaign: campaign) else { return nil }
    let rows = try await pool.query(
      Self.ofSequenceStatement,
      [.text(tenant.description), .uuid(campaign.uuid), .int8(Int64(sequence))])
    guard let row = rows.first else { return nil }
    let record = try Self.record(row)
    return record.coupon == id ? record : nil
  }
}
