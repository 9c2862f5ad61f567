internal import EventLoop

/// A sale of a round, and how the crowd takes part in it.
struct SalePlan: Equatable, Sendable {
  let acknowledgement: CampaignPlan.Acknowledgement
  /// It has a cell of its own, or shares that of its market.
  let hasOwnCell: Bool
  /// Pieces of each SKU.
  let pieces: [Int]
  /// What a user may have of a SKU; 0 for no limit.
  let perUserLimit: Int
  /// Users that may come.
  let users: Int
  /// How long a reservation lasts.
  let reservation: Duration
  /// Which of the installation's tenants it belongs to.
  let tenant: Int

  /// Minor units of a piece.
  static let price = 129_000
  /// The lines of an order, at most, and the pieces of one.
  static let maximumLines = 3
  static let maximumQuantity = 2

  /// Seconds that an order of a flash sale waits for payment.
  private static let flashReservation = Duration.seconds(4)

  /// Few users, so that they meet at their wallets: one sale for all kinds of orders, and one that runs
  /// short.
  static func shop(_ numbers: inout SeededNumbers) -> [SalePlan] {
    [
      SalePlan(
        acknowledgement: .hot, hasOwnCell: numbers.chance(0.5),
        pieces: (0..<8).map { _ in Int.random(in: 2_000...40_000, using: &numbers) },
        perUserLimit: 0, users: Int.random(in: 200...400, using: &numbers),
        reservation: .seconds(Int.random(in: 2...4, using: &numbers)), tenant: 0),
      SalePlan(
        acknowledgement: .ledger, hasOwnCell: numbers.chance(0.5),
        pieces: (0..<3).map { _ in Int.random(in: 50...300, using: &numbers) },
        perUserLimit: 0, users: Int.random(in: 100...200, using: &numbers),
        reservation: .seconds(2), tenant: 1),
    ]
  }

  /// Scarce and plentiful, both acknowledgements, in a cell of their own and in the market's; or one flash
  /// sale of three SKUs.
  static func some(
    of flashSale: ChaosOptions.FlashSale?, _ numbers: inout SeededNumbers
  ) -> [SalePlan] {
    if let flashSale {
      let pieces = (0..<3).map { flashSale.pieces / 3 + ($0 < flashSale.pieces % 3 ? 1 : 0) }
      return [
        SalePlan(
          acknowledgement: .hot, hasOwnCell: true, pieces: pieces, perUserLimit: 0,
          users: flashSale.buyers, reservation: flashReservation, tenant: 0)
      ]
    }
    func plan(
      _ acknowledgement: CampaignPlan.Acknowledgement, own: Bool, skus: Int,
      _ pieces: ClosedRange<Int>, limit: Int, tenant: Int
    ) -> SalePlan {
      SalePlan(
        acknowledgement: acknowledgement, hasOwnCell: own,
        pieces: (0..<skus).map { _ in Int.random(in: pieces, using: &numbers) },
        perUserLimit: limit, users: Int.random(in: 2000...4000, using: &numbers),
        reservation: .seconds(Int.random(in: 1...3, using: &numbers)), tenant: tenant)
    }
    let limit = Int.random(in: 2...4, using: &numbers)
    let isOwn = numbers.chance(0.5)
    return [
      plan(.hot, own: false, skus: 3, 20...120, limit: 0, tenant: 0),
      plan(.ledger, own: true, skus: 3, 100...400, limit: limit, tenant: 0),
      plan(.hot, own: isOwn, skus: 4, 20_000...40_000, limit: limit, tenant: 1),
    ]
  }
}
