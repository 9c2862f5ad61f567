public import Domain

/// What a cell keeps of an order while its pieces are reserved, under ``CellKeys/reserved``:
///
///     <day> <scope> <user> <currency> <sku>:<quantity>:<price>[+][,…]
///
/// The day counts from 1970-01-01 in UTC, and says in which bucket the pieces count as popular. A `+`
/// says that the pieces of the line count under what the user has bought.
public enum ReservationRecord {
  /// A record that is read in place.
  public struct Fields {
    public let day: Int
    public let scope: StockScope
    public let user: UnsafeRawBufferPointer
    public let currency: Currency
    public let lines: OrderLinesText
  }

  /// Reads a record; nil when it is malformed.
  public static func read(_ text: UnsafeRawBufferPointer) -> Fields? {
    var scanner = LineScanner(text)
    guard let day = scanner.number(), let scopeText = scanner.word(),
      let scope = StockScope(text: scopeText), let user = scanner.word(),
      let code = scanner.word(), let currency = Currency(code: code),
      let linesText = scanner.word(), let lines = OrderLinesText(linesText), scanner.endLine(),
      scanner.isAtEnd
    else { return nil }
    return Fields(day: day, scope: scope, user: user, currency: currency, lines: lines)
  }

  /// Writes a record as the reserve script does, for a rebuild.
  ///
  /// - Parameter lines: each with whether its account has a limit, so that its pieces are loaded as
  ///   bought.
  public static func text(
    reservedAt: Instant, scope: StockScope, user: String, currency: Currency,
    lines: [(line: OrderLine, isCounted: Bool)]
  ) -> String {
    let day = reservedAt.milliseconds / 86_400_000
    let goods = lines.map { line, isCounted in
      "\(line.sku):\(line.quantity):\(line.unitPrice)\(isCounted ? "+" : "")"
    }
    return "\(day) \(scope) \(user) \(currency.rawValue) \(goods.joined(separator: ","))"
  }

  /// Writes the answer to an order's idempotency key as the reserve script does, for a rebuild: see
  /// ``CellKeys/answers(day:)``.
  public static func answer(
    fingerprint: String, order: Identifier, terms: String, deadline: Instant, currency: Currency,
    lines: [OrderLine]
  ) -> String {
    let goods = lines.map { "\($0.sku):\($0.quantity):\($0.unitPrice)" }
    return "\(fingerprint) \(order) \(terms) \(deadline.milliseconds) \(currency.rawValue) "
      + goods.joined(separator: ",")
  }
}
