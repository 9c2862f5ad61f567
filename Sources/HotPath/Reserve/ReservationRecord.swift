public import Domain

/// What a cell keeps of an order, by its ``OrderKey``: under ``CellKeys/reserved`` while its pieces are reserved,
/// then under ``CellKeys/answers(day:)`` for as long as its idempotency key counts.
///
///     <name> <user> <fingerprint> <terms> <deadline ms> <currency> <sku>:<quantity>:<price>[+][,…]
///
/// The name is the first 13 characters of the order's id, which tell its time; or the whole id where it does not
/// end in the key. A `+` says that the pieces of the line count under what the user has bought; an answer has none.
public enum ReservationRecord {
  /// Characters of an id that tell its time.
  private static let timeCount = 13
  /// Stands for the fingerprint where a record answers no key: the order was placed with another one than its id
  /// ends in, as versions before decision 0044 made them, or has lost it.
  private static let noFingerprint = "-"

  /// What is reserved, as the reserve script writes it under the end of the order's id.
  ///
  /// - Parameter isCounted: whether the pieces of a line count under what the user has bought.
  public static func reserved(_ order: KeptOrder, isCounted: (OrderLine) -> Bool) -> String {
    let key = OrderKey(of: order.id)
    let fingerprint = order.key == key ? order.fingerprint : nil
    return text(order, under: key, fingerprint, isCounted)
  }

  /// The answer to a key, as the settle script writes it under the key.
  public static func answer(_ order: KeptOrder, to key: OrderKey) -> String {
    text(order, under: key, order.fingerprint) { _ in false }
  }

  private static func text(
    _ order: KeptOrder, under key: OrderKey, _ fingerprint: RequestDigest?,
    _ isCounted: (OrderLine) -> Bool
  ) -> String {
    let id = order.id.description
    let name = OrderKey(of: order.id) == key ? String(id.prefix(timeCount)) : id
    let request = "\(fingerprint?.description ?? noFingerprint) \(order.terms)"
    let goods = order.lines.map {
      "\($0.sku):\($0.quantity):\($0.unitPrice)\(isCounted($0) ? "+" : "")"
    }
    return "\(name) \(order.user) \(request) \(order.deadline.milliseconds) "
      + "\(order.currency.rawValue) \(goods.joined(separator: ","))"
  }
}

extension ReservationRecord {
  /// Whose order a record is that is kept under the end of the order's id.
  ///
  /// - Returns: nil when the record is malformed, or of another order.
  public static func user(
    of record: UnsafeRawBufferPointer, for order: Identifier
  ) -> UnsafeRawBufferPointer? {
    let head = head(of: record, under: OrderKey(of: order))
    return head?.order == order ? head?.user : nil
  }

  /// When the order was granted whose record is kept under `key`; nil when the record is malformed.
  static func time(of record: UnsafeRawBufferPointer, under key: OrderKey) -> Instant? {
    head(of: record, under: key)?.order.time
  }

  private static func head(
    of record: UnsafeRawBufferPointer, under key: OrderKey
  ) -> (order: Identifier, user: UnsafeRawBufferPointer)? {
    var scanner = LineScanner(record)
    guard let name = scanner.word(), let order = order(name, key), let user = scanner.word(),
      scanner.word() != nil, scanner.word() != nil, scanner.number() != nil,
      scanner.word() != nil, scanner.word() != nil, scanner.isAtEnd
    else { return nil }
    return (order, user)
  }

  private static func order(_ name: UnsafeRawBufferPointer, _ key: OrderKey) -> Identifier? {
    if name.count != timeCount { return Identifier(text: name) }
    return Identifier("\(String(decoding: name, as: UTF8.self))-7\(key)")
  }
}
