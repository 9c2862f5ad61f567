internal import Domain

/// A sale that a round made.
struct ChaosSale: Sendable {
  let id: Identifier
  let plan: SalePlan
  let tenant: ChaosTenant
  /// In the order of the plan's pieces.
  let skus: [String]
  /// Begins the names of its users, so that each user has one sale.
  let prefix: String

  func name(of user: Int) -> String { "\(prefix)\(user)" }
}
