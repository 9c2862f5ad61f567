public import Domain

/// What a cell keeps of an order while its pieces are reserved, under ``CellKeys/reserved``:
///
///     <day> <user> <sku>:<quantity>[+][,…]
///
/// The day counts from 1970-01-01 in UTC, and says in which bucket the pieces count as popular. A `+`
/// says that the pieces of the line count under what the user has bought.
public enum ReservationRecord {
  /// Whose order a record is of, read in place; nil when it is malformed.
  public static func user(of record: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    var scanner = LineScanner(record)
    guard scanner.number() != nil, let user = scanner.word(), scanner.word() != nil,
      scanner.endLine(), scanner.isAtEnd
    else { return nil }
    return user
  }

  /// Writes a record as the reserve script does, for a rebuild.
  ///
  /// - Parameter lines: each with whether its account has a limit, so that its pieces are loaded as
  ///   bought.
  public static func text(
    reservedAt: Instant, user: String, lines: [(line: OrderLine, isCounted: Bool)]
  ) -> String {
    let day = reservedAt.milliseconds / 86_400_000
    let goods = lines.map { line, isCounted in
      "\(line.sku):\(line.quantity)\(isCounted ? "+" : "")"
    }
    return "\(day) \(user) \(goods.joined(separator: ","))"
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
