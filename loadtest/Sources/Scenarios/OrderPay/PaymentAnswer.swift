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
  private var envelope = AnswerEnvelope()
  private var isWellFormed = false
  /// Of the innermost object that was read last.
  private var amount: Int?

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// A payment with all that api.md promises.
  var isPayment: Bool {
    isWellFormed && envelope.hasObject && isPaid && order != nil && payment != nil && paidAt != nil
      && currency != nil && (balanceAfter ?? -1) >= 0
  }

  /// An error in its envelope.
  func isError(_ code: StaticString) -> Bool {
    isWellFormed && envelope.isError(code)
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    // Inner members come first: a sum of money is known when its own name comes.
    if name.isEqual(to: "amount") { amount = value.integer }
    envelope.member(name, value, depth: depth)
    switch depth {
    case 2: inner(name, value)
    case 3 where name.isEqual(to: "currency"): currency = Currency(code: value.bytes)
    default: break
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
    }
  }
}
