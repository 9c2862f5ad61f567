public import Postgres

/// Records of the ledger as one snapshot sees them, page by page. Loop-confined, and of no use once the snapshot's
/// transaction has ended.
public struct LedgerPages<Element> {
  private let pages: PostgresPages
  private let read: (PostgresRow) throws(PostgresError) -> Element

  init(
    _ pages: PostgresPages, _ read: @escaping (PostgresRow) throws(PostgresError) -> Element
  ) {
    self.pages = pages
    self.read = read
  }

  /// The next page; `nil` behind the last.
  public func next() async throws(PostgresError) -> [Element]? {
    guard let rows = try await pages.next() else { return nil }
    var elements: [Element] = []
    elements.reserveCapacity(rows.count)
    for row in rows { elements.append(try read(row)) }
    return elements
  }
}
