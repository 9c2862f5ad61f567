internal import Domain

extension CellDecisions {
  /// The next order's decision; `nil` when the reply is malformed.
  ///
  /// - Parameters:
  ///   - operation: the order that was asked for.
  ///   - life: milliseconds that its reservation lasts if it was granted.
  mutating func nextReserve(_ operation: ReserveOperation, life: Int) -> ReserveDecision? {
    if repeats > 0 {
      repeats -= 1
      return granted(operation, life: life)
    }
    guard scanner.take(UInt8(ascii: "\n")), let mark = scanner.byte() else { return nil }
    switch mark {
    case UInt8(ascii: "G"): return prices() ? granted(operation, life: life) : nil
    case UInt8(ascii: "="):
      // A count behind it holds for this order and those that follow.
      if let count = scanner.number() {
        guard count > 0 else { return nil }
        repeats = count - 1
      }
      return granted(operation, life: life)
    case UInt8(ascii: "R"): return replayed()
    case UInt8(ascii: "M"): return .keyReused
    case UInt8(ascii: "U"): return .unknownSale
    case UInt8(ascii: "N"):
      return scanner.number().map { .notOpen(until: Instant(milliseconds: Int64($0))) }
    case UInt8(ascii: "C"): return .closed
    case UInt8(ascii: "P"): return .notReady
    case UInt8(ascii: "K"): return list { $0.line() }.map(ReserveDecision.unknownSKUs(lines:))
    case UInt8(ascii: "D"): return .mixedCurrencies
    case UInt8(ascii: "Q"): return limitReached()
    case UInt8(ascii: "S"): return list { $0.shortage() }.map(ReserveDecision.short)
    case UInt8(ascii: "L"):
      return scanner.number().map(ReserveDecision.rateLimited(retryAfterMilliseconds:))
    default: return nil
    }
  }

  /// Reads what a granted order costs; false when it is malformed.
  private mutating func prices() -> Bool {
    guard let code = scanner.text(until: UInt8(ascii: " ")), let currency = Currency(code: code),
      let prices = list({ $0.scanner.number() })
    else { return false }
    lastPrices = (currency, prices)
    return true
  }

  /// Granted at the prices read last; `nil` where none were.
  private func granted(_ operation: ReserveOperation, life: Int) -> ReserveDecision? {
    guard let lastPrices else { return nil }
    return .granted(
      Reservation(
        order: operation.key.order(at: now), deadline: now + .milliseconds(life),
        currency: lastPrices.currency, unitPrices: lastPrices.unitPrices,
        terms: operation.terms))
  }

  private mutating func replayed() -> ReserveDecision? {
    guard let name = scanner.text(until: UInt8(ascii: " ")), let order = Identifier(text: name),
      let terms = scanner.text(until: UInt8(ascii: " ")), OrderTermsWord.isValid(terms),
      let deadline = scanner.number(), scanner.take(UInt8(ascii: " ")),
      let code = scanner.text(until: UInt8(ascii: " ")), let currency = Currency(code: code),
      let prices = list({ $0.price() })
    else { return nil }
    return .replayed(
      Reservation(
        order: order, deadline: Instant(milliseconds: Int64(deadline)), currency: currency,
        unitPrices: prices, terms: String(decoding: terms, as: UTF8.self)))
  }

  private mutating func limitReached() -> ReserveDecision? {
    guard let line = line(), scanner.take(UInt8(ascii: ":")), let limit = scanner.number(),
      scanner.take(UInt8(ascii: ":")), let has = scanner.number()
    else { return nil }
    return .limitReached(line: line, limit: limit, has: has)
  }

  /// One element or more, parted by commas.
  private mutating func list<Element>(
    _ read: (inout CellDecisions) -> Element?
  ) -> [Element]? {
    guard let first = read(&self) else { return nil }
    var elements = [first]
    while scanner.take(UInt8(ascii: ",")) {
      guard let next = read(&self) else { return nil }
      elements.append(next)
    }
    return elements
  }

  /// The script counts lines from 1.
  private mutating func line() -> Int? { scanner.number().flatMap { $0 > 0 ? $0 - 1 : nil } }

  private mutating func shortage() -> Shortage? {
    guard let line = line(), scanner.take(UInt8(ascii: ":")), let available = scanner.number()
    else { return nil }
    return Shortage(line: line, available: available)
  }

  /// The price of `sku:quantity:price`, or of the same with a `+` behind it.
  private mutating func price() -> Int? {
    guard scanner.text(until: UInt8(ascii: ":")) != nil, scanner.number() != nil,
      scanner.take(UInt8(ascii: ":"))
    else { return nil }
    let price = scanner.number()
    _ = scanner.take(UInt8(ascii: "+"))
    return price
  }
}
