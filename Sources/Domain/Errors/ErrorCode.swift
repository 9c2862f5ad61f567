/// A refusal as clients know it: a word, a status, a sentence in their language.
public enum ErrorCode: String, Sendable, CaseIterable {
  case invalidArgument = "INVALID_ARGUMENT"
  case unauthorized = "UNAUTHORIZED"
  case insufficientFunds = "INSUFFICIENT_FUNDS"
  case forbidden = "FORBIDDEN"
  case admissionRequired = "ADMISSION_REQUIRED"
  case notEligible = "NOT_ELIGIBLE"
  case notOpen = "NOT_OPEN"
  case notFound = "NOT_FOUND"
  case idempotencyInProgress = "IDEMPOTENCY_IN_PROGRESS"
  case conflict = "CONFLICT"
  case orderStateConflict = "ORDER_STATE_CONFLICT"
  case soldOut = "SOLD_OUT"
  case closed = "CLOSED"
  case expired = "EXPIRED"
  case idempotencyKeyReuse = "IDEMPOTENCY_KEY_REUSE"
  case limitReached = "LIMIT_REACHED"
  case rateLimited = "RATE_LIMITED"
  case internalRetryable = "INTERNAL_RETRYABLE"

  /// The HTTP status that the code comes with.
  public var status: Int {
    switch self {
    case .invalidArgument: 400
    case .unauthorized: 401
    case .insufficientFunds: 402
    case .forbidden, .admissionRequired, .notEligible, .notOpen: 403
    case .notFound: 404
    case .idempotencyInProgress, .conflict, .orderStateConflict: 409
    case .soldOut, .closed, .expired: 410
    case .idempotencyKeyReuse, .limitReached: 422
    case .rateLimited: 429
    case .internalRetryable: 503
    }
  }

  /// Whether the same request may succeed later; such answers carry `Retry-After`.
  public var isRetryable: Bool {
    switch self {
    case .idempotencyInProgress, .rateLimited, .internalRetryable: true
    default: false
    }
  }
}
