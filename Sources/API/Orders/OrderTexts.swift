internal import Domain
internal import EventLoop
internal import HotPath
internal import Services

/// What a loop remembers of the order that it wrote last: in a crowd the next one says the same but for its
/// id and its deadline. Loop-confined.
final class OrderTexts {
  /// What a text follows from.
  private struct Subject {
    let scope: OrderScope
    let lines: [ReserveOperation.Line]
    let currency: Currency
    let unitPrices: [Int]
    let terms: String

    func isSame(
      as reservation: Reservation, _ lines: [ReserveOperation.Line], in scope: OrderScope
    ) -> Bool {
      self.scope === scope && currency == reservation.currency
        && unitPrices == reservation.unitPrices && terms == reservation.terms
        && self.lines.elementsEqual(lines) { $0.stock === $1.stock && $0.quantity == $1.quantity }
    }
  }

  private var last: (subject: Subject, text: [UInt8])?
  private let output = ByteBuffer(capacity: 512)

  /// The part of an order's JSON that ``OrderWriter`` writes between its id and its deadline.
  ///
  /// - Parameter terms: what the reservation's terms say, read where they are needed; nil for what no node
  ///   of a version up to this one wrote.
  /// - Returns: nil when there are no such terms, or an amount is out of bounds.
  func text(
    of reservation: Reservation, _ lines: [ReserveOperation.Line], in scope: OrderScope,
    terms: () -> OrderTerms?
  ) -> [UInt8]? {
    if let last, last.subject.isSame(as: reservation, lines, in: scope) { return last.text }
    guard let terms = terms(), let totals = Self.totals(reservation, lines, terms) else {
      return nil
    }
    output.removeAll()
    OrderWriter.writeContent(
      reservation, lines, totals, coupon: terms.coupon?.coupon, sale: scope.sale,
      market: scope.market, to: output)
    let text = Array(output.bytes)
    let subject = Subject(
      scope: scope, lines: lines, currency: reservation.currency,
      unitPrices: reservation.unitPrices, terms: reservation.terms)
    last = (subject, text)
    return text
  }

  private static func totals(
    _ reservation: Reservation, _ lines: [ReserveOperation.Line], _ terms: OrderTerms
  ) -> OrderTotals? {
    var sums = LineSums(couponLines: terms.coupon?.lines)
    for (line, price) in zip(lines, reservation.unitPrices) {
      guard sums.add(PricedLine(quantity: line.quantity, unitPrice: price)) else { return nil }
    }
    return OrderTotals(sums, currency: reservation.currency, terms: terms)
  }
}
