public import Domain
internal import Postgres

extension CouponStore {
  /// When a coupon was used and for what, or since when it is worthless.
  public struct History: Sendable, Equatable {
    /// When an order was paid with it; nil again once the coupon came back.
    public let usedAt: Instant?
    /// The order that was paid with it.
    public let order: Identifier?
    /// Since when it is recalled, by itself or with its campaign, whichever was first; nil for any other
    /// status.
    public let recalledAt: Instant?
  }

  /// The history of a coupon `k` of the campaign `c`, under names that no column of a campaign has.
  static let historyColumns = """
    k.used_at as coupon_used_at, k.used_by_order as coupon_order, \
    case when k.status <> 'USED' then least(k.recalled_at, c.recalled_at) end as coupon_recalled_at
    """

  static func history(_ row: PostgresRow) throws(PostgresError) -> History {
    History(
      usedAt: try row.optionalInstant("coupon_used_at"),
      order: try row.decode("coupon_order", as: PostgresUUID?.self).map(Identifier.init),
      recalledAt: try row.optionalInstant("coupon_recalled_at"))
  }
}
