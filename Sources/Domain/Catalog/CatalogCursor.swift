/// Where a page of products ended: the next one begins behind it, whatever was added or taken away
/// meanwhile.
///
/// Its text is `sort.key.product`, such as `price.12900.0190…`; to clients it is opaque.
public struct CatalogCursor: Sendable, Hashable, CustomStringConvertible {
  public let sort: CatalogSort
  /// What the last product was ordered by: minor units or pieces; 0 for ``CatalogSort/newest``.
  public let key: Int
  public let product: Identifier

  public init(sort: CatalogSort, key: Int, product: Identifier) {
    self.sort = sort
    self.key = key
    self.product = product
  }

  /// Nil for what ``description`` never gave.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let sort = CatalogSort(rawValue: String(parts[0])),
      let key = Int(parts[1]), key >= 0, let product = Identifier(String(parts[2]))
    else { return nil }
    self.init(sort: sort, key: key, product: product)
    guard description == text else { return nil }
  }

  public var description: String { "\(sort.rawValue).\(key).\(product)" }
}
