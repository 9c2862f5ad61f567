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
///     [<number of its basket>] <key> <user>
///
/// where orders without a number are of the same basket as the one before, the first of basket 1. The scope
/// is a sale's id or `open`; the key is an ``OrderKey``, the fingerprint that of the request it came with; the
/// terms are an ``OrderTermsWord``.
///
/// Facts of versions before decision 0044 have another form of orders, which is read too:
///
///     <order> <user> <digest of the key> <number of its basket>
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
    public let key: Key
    /// Names the request that the key came with.
    public let fingerprint: UnsafeRawBufferPointer
    /// See ``OrderTermsWord``.
    public let terms: UnsafeRawBufferPointer
    /// The number of its basket, from 1: the same for orders that asked for the same. All but order, user
    /// and key belongs to it.
    public let basket: Int
  }

  /// What is said of an order's idempotency key.
  public enum Key: Equatable {
    /// What the order's id ends in.
    case inID(OrderKey)
    /// Of an order of an earlier version: its digest, unsalted.
    case digest(RequestDigest)
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
    let reservedAt = Instant(milliseconds: Int64(reserved))
    var number = 1
    while !scanner.isAtEnd {
      guard let name = Name(&scanner, reservedAt, &number), (1...count).contains(number) else {
        return false
      }
      let basket = baskets[number - 1]
      take(
        Order(
          order: name.order, user: name.user, scope: scope, market: market,
          currency: basket.currency, reservedAt: reservedAt,
          deadline: Instant(milliseconds: Int64(deadline)), lines: basket.lines, key: name.key,
          fingerprint: basket.fingerprint, terms: basket.terms, basket: number))
    }
    return true
  }

  /// What is said of each order.
  private struct Name {
    let order: Identifier
    let key: Key
    let user: UnsafeRawBufferPointer

    /// - Parameter basket: of the order before, changed where this one is of another.
    init?(_ scanner: inout LineScanner, _ reservedAt: Instant, _ basket: inout Int) {
      guard var word = scanner.word() else { return nil }
      if word.count == Identifier.textCount {
        guard let order = Identifier(text: word), let user = scanner.user(),
          let digest = scanner.word(), let digest = RequestDigest(text: digest),
          let number = scanner.number()
        else { return nil }
        self.order = order
        self.user = user
        key = .digest(digest)
        basket = number
        return
      }
      if word.count != OrderKey.textCount {
        guard let number = LineScanner.number(word), let next = scanner.word() else { return nil }
        basket = number
        word = next
      }
      guard let key = OrderKey(text: word), let user = scanner.user() else { return nil }
      self.key = .inID(key)
      self.user = user
      order = key.order(at: reservedAt)
    }
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

extension LineScanner {
  fileprivate mutating func user() -> UnsafeRawBufferPointer? {
    word().flatMap { (1...UserID.maximumCount).contains($0.count) ? $0 : nil }
  }
}
