internal import Domain

/// What the body of an answer about an adjustment says, as far as it is checked.
struct AdjustmentAnswer: JSONVisitor {
  private var movement: Identifier?
  private var moved: Int?
  private var isDone = false
  private var isInProgress = false
  private var isRetryable = false
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    guard depth == 2 else { return }
    if name.isEqual(to: "movement_id"), value.kind == .string {
      movement = Identifier(text: value.bytes)
    } else if name.isEqual(to: "moved") {
      moved = value.integer
    } else if name.isEqual(to: "state") {
      isDone = value.isString("DONE")
    } else if name.isEqual(to: "code") {
      isInProgress = value.isString("IDEMPOTENCY_IN_PROGRESS")
      isRetryable = value.isString("INTERNAL_RETRYABLE")
    }
  }

  static func outcome(_ result: Result<Response, ClientFailure>) -> StockOutcome {
    switch result {
    case .success(let response): outcome(response)
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    case .failure: .unknown
    }
  }

  private static func outcome(_ response: Response) -> StockOutcome {
    let answer = AdjustmentAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isWellFormed && answer.isDone == (answer.moved != nil):
      guard let movement = answer.movement else { break }
      return .done(movement, moved: answer.moved)
    case 409 where answer.isInProgress: return .unknown
    case 503 where answer.isRetryable && response.header("Retry-After") != nil: return .unknown
    default: break
    }
    return .wrong("status \(response.status) with \(response.bodyText.prefix(300))")
  }
}
