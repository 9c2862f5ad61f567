public import Domain
internal import HotPath

/// A sale as one loop knows it: its terms as last read, and its place on the hot path. Loop-confined.
public final class SaleEntry: DirectoryEntry {
  public private(set) var sale: Sale
  public let scope: OrderScope
  var freshness: EntryFreshness
  /// How long a reservation lasts where the sale does not say.
  private let reservation: Duration

  init(
    _ sale: Sale, cell: CellRuntime, reservation: Duration, markets: MarketBook, now: UInt64
  ) {
    self.sale = sale
    self.reservation = reservation
    freshness = EntryFreshness(readAt: now)
    let hot = HotSale(
      scope: sale.scope, market: sale.market, keys: cell.keys,
      reservationMilliseconds: Self.milliseconds(sale, reservation),
      ratePolicy: sale.terms.ratePolicy)
    scope = OrderScope(
      cell: cell, hot: hot, acknowledgement: sale.acknowledgement,
      ratePolicy: sale.terms.ratePolicy, room: sale.room,
      terms: markets.terms(of: sale.tenant, in: sale.market))
  }

  var key: EntryKey { EntryKey(tenant: sale.tenant, id: sale.id) }

  /// A signal said that the sale changed.
  func invalidate() {
    freshness.isStale = true
    scope.rate?.forget()
  }

  func update(_ record: Sale) {
    if record.terms.ratePolicy != sale.terms.ratePolicy {
      scope.change(ratePolicy: record.terms.ratePolicy)
    }
    sale = record
    scope.acknowledgement = sale.acknowledgement
    scope.room = sale.room
    scope.hot.reservationMilliseconds = Self.milliseconds(sale, reservation)
  }

  private static func milliseconds(_ sale: Sale, _ reservation: Duration) -> Int {
    sale.reservationSeconds.map { $0 * 1000 } ?? Int(reservation.wholeMilliseconds)
  }
}
