internal import Domain
internal import Postgres

/// What orders come to besides the sum of their lines, column by column. Empty while there is nothing:
/// then the ledger's own defaults hold, and nobody pays for the columns.
struct OrderPricing: Sendable, Equatable {
  private var discounts = PostgresArray.Builder(of: .int8)
  private var taxes = PostgresArray.Builder(of: .int8)
  private var shippings = PostgresArray.Builder(of: .int8)
  private var coupons = PostgresArray.Builder(of: .uuid)
  private var campaigns = PostgresArray.Builder(of: .uuid)

  /// Adds what an order comes to.
  ///
  /// - Parameter place: how many orders came before it.
  mutating func append(_ totals: OrderTotals, _ coupon: CouponTerms?, at place: Int) {
    if discounts.count == 0 {
      guard coupon != nil || totals.tax != 0 || totals.shipping != 0 else { return }
    }
    while discounts.count < place { append(discount: 0, tax: 0, shipping: 0, nil) }
    append(discount: totals.discount, tax: totals.tax, shipping: totals.shipping, coupon)
  }

  private mutating func append(discount: Int, tax: Int, shipping: Int, _ coupon: CouponTerms?) {
    discounts.append(Int64(discount))
    taxes.append(Int64(tax))
    shippings.append(Int64(shipping))
    Self.append(coupon?.coupon, to: &coupons)
    Self.append(coupon?.campaign, to: &campaigns)
  }

  private static func append(_ id: Identifier?, to column: inout PostgresArray.Builder) {
    if let id { column.append(uuid: id.high, id.low) } else { column.appendNull() }
  }

  /// The columns as parameters.
  var parameters: [PostgresValue] {
    [discounts, taxes, shippings, coupons, campaigns].map { .array($0.build()) }
  }
}
