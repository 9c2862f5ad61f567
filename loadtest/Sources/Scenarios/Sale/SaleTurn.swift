internal import Domain

/// A sale with its campaign, and what its shoppers were told. Loop-confined.
final class SaleTurn {
  let number: Int
  let campaign: Identifier
  let sale: Identifier
  let skus: [String]
  /// Shoppers that it has.
  let shoppers: Int
  var claims: ClaimRecord
  var orders: [AcknowledgedOrder] = []
  var demand: OrderDemand
  var payments: [AcknowledgedPayment] = []
  /// Answers that all coupons are gone, and claims without a usable answer.
  var couponRefusals = 0
  var unansweredClaims = 0
  var done = 0

  init(number: Int, campaign: Identifier, sale: Identifier, skus: [String], terms: SaleTerms) {
    self.number = number
    self.campaign = campaign
    self.sale = sale
    self.skus = skus
    shoppers = terms.shoppers(ofTurn: number)
    claims = ClaimRecord(users: terms.users)
    demand = OrderDemand(users: terms.users, skus: skus.count)
  }
}
