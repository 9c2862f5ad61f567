public import Domain

/// Orders that one batch reserved stock for, of one scope, as the stream carries them:
///
///     <scope> <market> <reserved ms> <deadline ms> <baskets>
///
/// then for each basket that was asked for, all parted by spaces,
///
///     <currency> <sku>:<quantity>:<price>[,…] <fingerprint> <terms>
///
/// and then for each order
///
///     <order> <user> <digest> <number of its basket, from 1>
///
/// The scope is a sale's id or `open`; digest and fingerprint are those of the order's idempotency
/// key; the terms are an ``OrderTermsWord``.
public enum StockReservedFact {
  /// The field of a stream entry that holds this kind of fact.
  public static let kind = "stock.reserved"

  /// One order of a payload that is read in place: its bytes are the payload's.
  public struct Order {
    public let order: Identifier
    public let user: UnsafeRawBufferPointer
    public let scope: StockScope
    public let market: UnsafeRawBufferPointer
    public let currency: Currency
    public let reservedAt: Instant
    public let deadline: Instant
    public let lines: OrderLinesText
    /// Digest and fingerprint of the idempotency key.
    public let digest: UnsafeRawBufferPointer
    public let fingerprint: UnsafeRawBufferPointer
    /// See ``OrderTermsWord``.
    public let terms: UnsafeRawBufferPointer
    /// The number of its basket, from 1: the same for orders that asked for the same. All but order, user
    /// and digest belongs to it.
    public let basket: Int
  }

  /// What orders that asked for the same have in common.
  private struct Basket {
    let currency: Currency
    let lines: OrderLinesText
    let fingerprint: UnsafeRawBufferPointer
    let terms: UnsafeRawBufferPointer
  }

  /// Reads a payload in place and gives its orders to `take`, in order.
  ///
  /// - Returns: false when the payload is malformed; some of it may have been given by then.
  public static func read(_ payload: UnsafeRawBufferPointer, _ take: (Order) -> Void) -> Bool {
    var scanner = LineScanner(payload)
    guard let scopeText = scanner.word(), let scope = StockScope(text: scopeText),
      let market = scanner.word(), Market(bytes: market) != nil,
      let reserved = scanner.number(), let deadline = scanner.number(),
      let count = scanner.number(), let baskets = baskets(count, &scanner), !scanner.isAtEnd
    else { return false }
    while !scanner.isAtEnd {
      guard let name = scanner.word(), let order = Identifier(text: name),
        let user = scanner.word(), (1...UserID.maximumCount).contains(user.count),
        let digest = scanner.word(), let number = scanner.number(), (1...count).contains(number)
      else { return false }
      let basket = baskets[number - 1]
      take(
        Order(
          order: order, user: user, scope: scope, market: market, currency: basket.currency,
          reservedAt: Instant(milliseconds: Int64(reserved)),
          deadline: Instant(milliseconds: Int64(deadline)), lines: basket.lines, digest: digest,
          fingerprint: basket.fingerprint, terms: basket.terms, basket: number))
    }
    return true
  }

  private static func baskets(_ count: Int, _ scanner: inout LineScanner) -> [Basket]? {
    guard count > 0 else { return nil }
    var baskets: [Basket] = []
    for _ in 0..<count {
      guard let code = scanner.word(), let currency = Currency(code: code),
        let text = scanner.word(), let lines = OrderLinesText(text),
        let fingerprint = scanner.word(), let terms = scanner.word(),
        OrderTermsWord.lengths.contains(terms.count)
      else { return nil }
      baskets.append(
        Basket(currency: currency, lines: lines, fingerprint: fingerprint, terms: terms))
    }
    return baskets
  }
}
