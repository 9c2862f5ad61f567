internal import Domain

/// What the body of an answer to a payment says, as far as it is checked.
struct PaymentAnswer: JSONVisitor {
  private(set) var order: Identifier?
  private(set) var payment: Identifier?
  private(set) var paidAt: Instant?
  /// Minor units left in the wallet.
  private(set) var balanceAfter: Int?
  private(set) var currency: Currency?

  private var isPaid = false
  private var hasData = false
  private var hasError = false
  private var hasRequestID = false
  private var isWellFormed = false
  private var code: [UInt8] = []
  /// Of the innermost object that was read last.
  private var amount: Int?

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// A payment with all that api.md promises.
  var isPayment: Bool {
    isWellFormed && hasData && !hasError && hasRequestID && isPaid && order != nil
      && payment != nil && paidAt != nil && currency != nil && (balanceAfter ?? -1) >= 0
  }

  /// An error in its envelope.
  func isError(_ code: StaticString) -> Bool {
    isWellFormed && hasError && !hasData && hasRequestID
      && self.code.withUnsafeBytes { $0.isEqual(to: code) }
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    // Inner members come first: a sum of money is known when its own name comes.
    if name.isEqual(to: "amount") { amount = value.integer }
    switch depth {
    case 1: outer(name, value)
    case 2: inner(name, value)
    case 3 where name.isEqual(to: "currency"): currency = Currency(code: value.bytes)
    default: break
    }
  }

  private mutating func outer(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "data") {
      hasData = value.kind == .object
    } else if name.isEqual(to: "error") {
      hasError = value.kind == .object
    } else if name.isEqual(to: "request_id") {
      hasRequestID = value.kind == .string && !value.bytes.isEmpty
    }
  }

  private mutating func inner(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "order_id") {
      order = value.kind == .string ? Identifier(text: value.bytes) : nil
    } else if name.isEqual(to: "payment_id") {
      payment = value.kind == .string ? Identifier(text: value.bytes) : nil
    } else if name.isEqual(to: "status") {
      isPaid = value.isString("PAID")
    } else if name.isEqual(to: "paid_at") {
      paidAt = value.kind == .string ? Instant(text: value.bytes) : nil
    } else if name.isEqual(to: "balance_after") {
      balanceAfter = amount
    } else if name.isEqual(to: "code") {
      if value.kind == .string { code = Array(value.bytes) }
    }
  }
}
