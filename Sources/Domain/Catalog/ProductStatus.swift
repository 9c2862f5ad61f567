/// Whether a product is shown.
public enum ProductStatus: String, Sendable, CaseIterable {
  /// Not yet.
  case draft
  case active
  /// No more; who ordered it still finds it in the order.
  case retired
}
