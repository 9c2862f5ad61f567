internal import Domain

/// What the body of an answer about a wallet says, as far as it is checked.
struct MoneyAnswer: JSONVisitor {
  private(set) var transaction: Identifier?
  /// Minor units.
  private(set) var balance: Int?
  private var amount: Int?
  private var isShort = false
  private var isInProgress = false
  private var isRetryable = false
  private var hasError = false
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    // The sum comes before the name that it stands under.
    if name.isEqual(to: "amount"), depth == 3 {
      amount = value.integer
    } else if name.isEqual(to: "balance_after"), depth == 2 {
      balance = amount
    } else if name.isEqual(to: "transaction_id"), depth == 2, value.kind == .string {
      transaction = Identifier(text: value.bytes)
    } else if name.isEqual(to: "error"), depth == 1 {
      hasError = true
    } else if name.isEqual(to: "code"), depth == 2 {
      isShort = value.isString("INSUFFICIENT_FUNDS")
      isInProgress = value.isString("IDEMPOTENCY_IN_PROGRESS")
      isRetryable = value.isString("INTERNAL_RETRYABLE")
    }
  }

  static func outcome(_ result: Result<Response, ClientFailure>) -> MoneyOutcome {
    switch result {
    case .success(let response): outcome(response)
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    case .failure: .unknown
    }
  }

  private static func outcome(_ response: Response) -> MoneyOutcome {
    let answer = MoneyAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isWellFormed:
      guard let transaction = answer.transaction, let balance = answer.balance else { break }
      return .done(transaction, balance: balance)
    case 402 where answer.isShort: return .short
    case 409 where answer.isInProgress: return .unknown
    case 503 where answer.isRetryable && response.header("Retry-After") != nil: return .unknown
    default: break
    }
    return .wrong("status \(response.status) with \(response.bodyText.prefix(300))")
  }
}
