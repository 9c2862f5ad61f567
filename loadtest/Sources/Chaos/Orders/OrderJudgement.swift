internal import Domain

/// Requests of buyers and what comes of them.
enum OrderJudgement {
  /// Why users of a round cancel.
  static let reason = "changed my mind"

  static func place(_ intent: OrderIntent, in sale: ChaosSale, token: String) -> ChaosRequest {
    let coupon = intent.coupon.map { #""coupon_id":"\#($0)","# } ?? ""
    return ChaosRequest(
      path: "/v1/orders", tenant: sale.tenant, token: token, key: intent.key,
      body: #"{"sale_id":"\#(sale.id)",\#(coupon)"lines":[\#(text(of: intent.lines, in: sale))]}"#)
  }

  /// The key is the same however often it is tried.
  static func settle(
    _ work: LoggedSettlement.Work, of sale: ChaosSale, token: String
  ) -> ChaosRequest {
    let (name, key, body) =
      switch work.kind {
      case .payment: ("payment", "pay", #"{"method":"wallet"}"#)
      case .cancellation: ("cancel", "cancel", #"{"reason":"\#(reason)"}"#)
      case .refund(let number, let portion):
        ("refund", "refund-\(number)", refund(number, portion, of: sale))
      }
    return ChaosRequest(
      path: "/v1/orders/\(work.order)/\(name)", tenant: sale.tenant, token: token,
      key: "\(key)-\(work.order)", body: body)
  }

  private static func refund(
    _ number: Int, _ portion: OrderIntent.Portion, of sale: ChaosSale
  ) -> String {
    let part: String
    switch portion {
    case .everything: part = ""
    case .amount(let amount): part = #","amount":\#(amount)"#
    case .lines(let lines): part = #","lines":[\#(text(of: lines, in: sale))]"#
    }
    return #"{"reason":"\#(refundReason(number))"\#(part)}"#
  }

  /// Names a refund in the ledger.
  static func refundReason(_ number: Int) -> String { "refund \(number)" }

  private static func text(of lines: [Int: Int], in sale: ChaosSale) -> String {
    lines.sorted { $0.key < $1.key }.map { line in
      #"{"sku":"\#(sale.skus[line.key])","quantity":\#(line.value)}"#
    }.joined(separator: ",")
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
    case 410 where answer.isError && answer.code == .soldOut: return .soldOut
    case 422 where answer.isError && answer.code == .limitReached: return .refused
    // What takes some off is used, recalled or over by now.
    case 403, 404, 409, 410:
      if intent.coupon != nil, answer.isError { return .refused }
    case 503 where isRetryable(answer, response): return .unknown
    default: break
    }
    return .wrong(text(of: response))
  }

  static func settled(
    _ result: Result<Response, ClientFailure>, _ kind: OrderIntent.Settlement
  ) -> LoggedSettlement.Outcome {
    switch result {
    case .success(let response): settled(response, kind)
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    case .failure: .unknown
    }
  }

  private static func settled(
    _ response: Response, _ kind: OrderIntent.Settlement
  ) -> LoggedSettlement.Outcome {
    let answer = OrderAnswer(of: response.body)
    switch (response.status, kind) {
    case (200, .payment) where answer.order != nil && answer.status == .paid: return .done
    case (200, .cancellation) where answer.isWhole && answer.status == .cancelled: return .done
    case (200, .refund) where answer.isWhole: return .done
    default: return refused(response, answer, kind)
    }
  }

  private static func refused(
    _ response: Response, _ answer: OrderAnswer, _ kind: OrderIntent.Settlement
  ) -> LoggedSettlement.Outcome {
    guard answer.isError else { return .wrong(text(of: response)) }
    switch (response.status, answer.code) {
    case (404, .notFound): return .notFound
    case (409, .stateConflict), (410, .expired): return .refused
    case (409, .inProgress): return .unknown
    // A coupon was used or recalled, the balance is short.
    case (409, .conflict), (402, .insufficientFunds): return .declined
    // There is not so much left to go back.
    case (400, .invalid) where kind.isRefund: return .declined
    case (503, .retryable) where isRetryable(answer, response): return .unknown
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
