extension ErrorCode {
  /// One sentence for people.
  public func message(in language: Language) -> StaticString {
    switch language {
    case .english: english
    case .korean: korean
    }
  }

  private var english: StaticString {
    switch self {
    case .invalidArgument: "The request is not valid."
    case .unauthorized: "A valid access token is required."
    case .insufficientFunds: "The balance is not sufficient."
    case .forbidden: "You may not do this."
    case .admissionRequired: "Please pass through the waiting room first."
    case .notEligible: "You are not eligible for this."
    case .notOpen: "This has not opened yet."
    case .notFound: "There is no such thing here."
    case .idempotencyInProgress: "The same request is still being handled. Please wait a moment."
    case .conflict: "The request conflicts with the present state."
    case .orderStateConflict: "The order is not in a state that allows this."
    case .soldOut: "Sold out."
    case .closed: "This has closed."
    case .expired: "This has expired."
    case .idempotencyKeyReuse: "The idempotency key was used for another request."
    case .limitReached: "You have reached the limit per person."
    case .rateLimited: "Too many requests. Please try again later."
    case .internalRetryable: "The service is busy for a moment. Please try again."
    }
  }

  private var korean: StaticString {
    switch self {
    case .invalidArgument: "요청이 올바르지 않습니다."
    case .unauthorized: "유효한 액세스 토큰이 필요합니다."
    case .insufficientFunds: "잔액이 부족합니다."
    case .forbidden: "이 작업을 수행할 권한이 없습니다."
    case .admissionRequired: "먼저 대기열을 통과해 주세요."
    case .notEligible: "참여 대상이 아닙니다."
    case .notOpen: "아직 시작되지 않았습니다."
    case .notFound: "요청하신 대상을 찾을 수 없습니다."
    case .idempotencyInProgress: "같은 요청을 처리하고 있습니다. 잠시만 기다려 주세요."
    case .conflict: "현재 상태와 충돌하는 요청입니다."
    case .orderStateConflict: "현재 주문 상태에서는 할 수 없는 작업입니다."
    case .soldOut: "모두 소진되었습니다."
    case .closed: "종료되었습니다."
    case .expired: "유효 기간이 지났습니다."
    case .idempotencyKeyReuse: "이미 다른 요청에 사용된 멱등성 키입니다."
    case .limitReached: "1인당 한도에 도달했습니다."
    case .rateLimited: "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."
    case .internalRetryable: "일시적으로 처리할 수 없습니다. 잠시 후 다시 시도해 주세요."
    }
  }
}
