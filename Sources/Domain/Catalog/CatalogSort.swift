/// The orders in which products can be listed. Equals stand by their ids, so each order is total.
public enum CatalogSort: String, Sendable, CaseIterable {
  /// The most ordered of the last days first, of equals the newest.
  case popularity
  case newest
  /// The cheapest first, of equals the oldest.
  case price
  /// The dearest first, of equals the newest.
  case priceDescending = "-price"
}
