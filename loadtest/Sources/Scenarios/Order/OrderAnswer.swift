internal import Domain

/// What the body of an answer to an order says, as far as it is checked.
struct OrderAnswer: JSONVisitor {
  private(set) var order: Identifier?
  /// Minor units.
  private(set) var total: Int?
  private(set) var subtotal: Int?
  private(set) var discount = 0
  private(set) var tax = 0
  private(set) var shipping = 0
  private(set) var code: Code?
  /// Lines of the order.
  private(set) var lines = 0
  /// Pieces of all lines together.
  private(set) var pieces = 0

  /// Why an order was refused.
  enum Code: Equatable {
    case soldOut, limitReached, rateLimited, retryable, closed, notOpen, notFound, stateConflict
    case inProgress, conflict, expired, insufficientFunds, invalid, other
  }

  /// Where the order is.
  private(set) var status: OrderStatus?
  private var hasDeadline = false
  private var isAcknowledged = false
  private var envelope = AnswerEnvelope()
  private var isWellFormed = false
  /// Of the innermost object that was read last.
  private var amount: Int?
  private var hasCurrency = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// An order that waits for payment with all that it must say, whose total follows from its parts.
  var isOrder: Bool {
    isWhole && status == .pending && isAcknowledged
      && total == subtotal.map { $0 - discount + tax + shipping }
  }

  /// An order in whatever state.
  var isWhole: Bool {
    isWellFormed && envelope.hasObject && order != nil && status != nil && hasDeadline
      && hasCurrency && lines > 0 && total != nil
  }

  /// An error in its envelope.
  var isError: Bool { isWellFormed && envelope.isError }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    // Inner members come first: a sum of money is known when its own name comes.
    if name.isEqual(to: "amount") {
      amount = value.integer
    } else if name.isEqual(to: "currency") {
      hasCurrency = value.kind == .string && Currency(code: value.bytes) != nil
    }
    envelope.member(name, value, depth: depth)
    switch depth {
    case 2: inner(name, value)
    case 4 where name.isEqual(to: "quantity"):
      lines += 1
      pieces += value.integer ?? 0
    default: break
    }
  }

  private mutating func inner(_ name: UnsafeRawBufferPointer, _ value: JSONToken) {
    if name.isEqual(to: "order_id") {
      order = value.kind == .string ? Identifier(text: value.bytes) : nil
    } else if name.isEqual(to: "status") {
      status = Self.status(value)
    } else if name.isEqual(to: "subtotal") {
      subtotal = amount
    } else if name.isEqual(to: "discount") {
      discount = amount ?? 0
    } else if name.isEqual(to: "tax") {
      tax = amount ?? 0
    } else if name.isEqual(to: "shipping") {
      shipping = amount ?? 0
    } else if name.isEqual(to: "total") {
      total = amount
    } else if name.isEqual(to: "reserved_until") {
      hasDeadline = value.kind == .string && value.bytes.count >= 20
    } else if name.isEqual(to: "acknowledged") {
      isAcknowledged = value.isString("hot") || value.isString("ledger")
    } else if name.isEqual(to: "code") {
      code = Self.code(value)
    }
  }

  private static func status(_ value: JSONToken) -> OrderStatus? {
    // Nearly every order that is looked at waits for payment.
    if value.isString("PENDING") { return .pending }
    return value.kind == .string
      ? OrderStatus(rawValue: String(decoding: value.bytes, as: UTF8.self)) : nil
  }

  private static func code(_ value: JSONToken) -> Code {
    if value.isString("SOLD_OUT") { return .soldOut }
    if value.isString("LIMIT_REACHED") { return .limitReached }
    if value.isString("RATE_LIMITED") { return .rateLimited }
    if value.isString("INTERNAL_RETRYABLE") { return .retryable }
    if value.isString("CLOSED") { return .closed }
    if value.isString("NOT_OPEN") { return .notOpen }
    if value.isString("NOT_FOUND") { return .notFound }
    if value.isString("ORDER_STATE_CONFLICT") { return .stateConflict }
    if value.isString("IDEMPOTENCY_IN_PROGRESS") { return .inProgress }
    if value.isString("CONFLICT") { return .conflict }
    if value.isString("EXPIRED") { return .expired }
    if value.isString("INSUFFICIENT_FUNDS") { return .insufficientFunds }
    if value.isString("INVALID_ARGUMENT") { return .invalid }
    return .other
  }
}
