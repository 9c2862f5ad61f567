internal import Domain

/// Requests of buyers and what comes of them.
enum OrderJudgement {
  /// Why users of a round cancel.
  static let reason = "changed my mind"

  static func place(_ intent: OrderIntent, in sale: ChaosSale, token: String) -> ChaosRequest {
    let lines = intent.lines.sorted { $0.key < $1.key }.map { line in
      #"{"sku":"\#(sale.skus[line.key])","quantity":\#(line.value)}"#
    }
    return ChaosRequest(
      path: "/v1/orders", tenant: sale.tenant, token: token, key: intent.key,
      body: #"{"sale_id":"\#(sale.id)","lines":[\#(lines.joined(separator: ","))]}"#)
  }

  static func cancel(_ order: Identifier, of sale: ChaosSale, token: String) -> ChaosRequest {
    ChaosRequest(
      path: "/v1/orders/\(order)/cancel", tenant: sale.tenant, token: token, key: "cancel-\(order)",
      body: #"{"reason":"\#(reason)"}"#)
  }

  // MARK: Answers

  static func placed(
    _ result: Result<Response, ClientFailure>, _ intent: OrderIntent
  ) -> LoggedOrder.Outcome {
    switch result {
    case .success(let response): placed(response, intent)
    case .failure(.unreachable): .unsent
    case .failure(.disconnected), .failure(.timedOut): .unknown
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    }
  }

  private static func placed(_ response: Response, _ intent: OrderIntent) -> LoggedOrder.Outcome {
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isOrder && answer.pieces == intent.pieces:
      guard let order = answer.order, let total = answer.total else { break }
      return .reserved(.init(order: order, total: total))
    case 410 where answer.isError && answer.code == .soldOut: return .refused
    case 422 where answer.isError && answer.code == .limitReached: return .refused
    case 503 where isRetryable(answer, response): return .unknown
    default: break
    }
    return .wrong(text(of: response))
  }

  static func cancelled(_ result: Result<Response, ClientFailure>) -> LoggedSettlement.Outcome {
    switch result {
    case .success(let response): cancelled(response)
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    case .failure: .unknown
    }
  }

  private static func cancelled(_ response: Response) -> LoggedSettlement.Outcome {
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 200 where answer.isWhole && answer.status == .cancelled: return .done
    case 404 where answer.isError && answer.code == .notFound: return .notFound
    case 409 where answer.isError && answer.code == .stateConflict: return .refused
    case 409 where answer.isError && answer.code == .inProgress: return .unknown
    case 503 where isRetryable(answer, response): return .unknown
    default: return .wrong(text(of: response))
    }
  }

  /// The server may have lost the answer of Redis or of the ledger after it was decided.
  private static func isRetryable(_ answer: OrderAnswer, _ response: Response) -> Bool {
    answer.isError && answer.code == .retryable && response.header("Retry-After") != nil
  }

  private static func text(of response: Response) -> String {
    "status \(response.status) with \(response.bodyText.prefix(300))"
  }
}
