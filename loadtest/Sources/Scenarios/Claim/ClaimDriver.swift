internal import Domain
internal import EventLoop

/// Claims for the users of one worker and looks into every answer. Loop-confined.
final class ClaimDriver: RequestDriver {
  private let plan: ClaimPlan
  private let tokens: TokenStore
  private let campaign: Identifier
  private let quantity: Int
  /// Everything of a request before the token.
  private let head: [UInt8]
  private let worker: Int
  private let workers: Int
  private(set) var record: ClaimRecord

  init(
    share: ScheduleShare, users: Int, tokens: TokenStore, campaign: Identifier, quantity: Int,
    host: String
  ) {
    worker = share.worker
    workers = share.workers
    let own = (users - share.worker + share.workers - 1) / share.workers
    plan = ClaimPlan(users: own, repeats: share.count - own)
    self.tokens = tokens
    self.campaign = campaign
    self.quantity = quantity
    head = Array(
      ("POST /v1/campaigns/\(campaign)/coupons HTTP/1.1\r\nHost: \(host)\r\n"
        + "Content-Length: 0\r\nAuthorization: Bearer ").utf8)
    record = ClaimRecord(users: own)
  }

  /// The coupons that this worker's users were told of.
  var acknowledged: [AcknowledgedCoupon] { record.acknowledged { worker + $0 * workers } }

  func write(request number: Int, into output: ByteBuffer) {
    output.append(head)
    tokens.write(worker + plan.user(of: number) * workers, into: output)
    output.append("\r\n\r\n")
  }

  func receive(_ response: Response, to number: Int) -> Int {
    judge(response, user: plan.user(of: number)).rawValue
  }

  func fail(request number: Int, _ failure: ClientFailure) -> Int {
    guard case .malformed(let problem) = failure else { return ClaimOutcome.failed.rawValue }
    record.note("malformed answer: \(problem)")
    return ClaimOutcome.wrong.rawValue
  }

  private func judge(_ response: Response, user: Int) -> ClaimOutcome {
    let answer = ClaimAnswer(of: response.body, campaign: campaign)
    switch response.status {
    case 201 where answer.isCoupon && !response.isReplayed:
      return hold(answer, user, isReplay: false)
    case 200 where answer.isCoupon && response.isReplayed:
      return hold(answer, user, isReplay: true)
    case 410 where answer.isError && answer.isSoldOut:
      return record.soldOut(user: user) ? .soldOut : .wrong
    case 429 where answer.isError && answer.isRateLimited:
      return .rateLimited
    case 503 where answer.isError && answer.isRetryable && response.header("Retry-After") != nil:
      return .unavailable
    default:
      record.note("status \(response.status) with \(response.bodyText.prefix(300))")
      return .wrong
    }
  }

  private func hold(_ answer: ClaimAnswer, _ user: Int, isReplay: Bool) -> ClaimOutcome {
    guard let sequence = answer.sequence, let coupon = answer.coupon else { return .wrong }
    guard (1...quantity).contains(sequence) else {
      record.note("sequence \(sequence) of \(quantity)")
      return .wrong
    }
    guard record.hold(user: user, sequence: sequence, coupon: coupon, isReplay: isReplay) else {
      return .wrong
    }
    return isReplay ? .replayed : .issued
  }
}
