internal import Domain

/// Bounds and words of a sale as the wire has them; those of its terms are the domain's own.
enum SaleFields {
  /// Where a sale is decided.
  enum Cell: String, CaseIterable {
    /// In the market's cell, beside everything else.
    case shared
    /// In a cell that it has to itself.
    case own
  }

  static let rateScopes = [RatePolicy.Scope.user, .sale]
  /// Pieces that one user may have; no limit is a null.
  static let perUserLimit = 1...StockTerms.Bounds.perUserLimit.upperBound

  /// Fields that a change may name.
  static let changeable = [
    "name", "opens_at", "closes_at", "acknowledge", "rate_policy", "reservation_seconds",
    "room_id",
  ]
}
