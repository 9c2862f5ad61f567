internal import Domain

/// What comes of a claim.
enum ClaimJudgement {
  static func request(_ campaign: ChaosCampaign, token: String, key: String?) -> ChaosRequest {
    ChaosRequest(
      path: "/v1/campaigns/\(campaign.id)/coupons", tenant: campaign.tenant, token: token, key: key)
  }

  static func outcome(
    _ result: Result<Response, ClientFailure>, _ campaign: ChaosCampaign
  ) -> LoggedClaim.Outcome {
    switch result {
    case .success(let response): judge(response, campaign)
    case .failure(.unreachable): .unsent
    case .failure(.disconnected), .failure(.timedOut): .unknown
    case .failure(.malformed(let problem)): .wrong("malformed answer: \(problem)")
    }
  }

  private static func judge(
    _ response: Response, _ campaign: ChaosCampaign
  ) -> LoggedClaim.Outcome {
    let answer = ClaimAnswer(of: response.body, campaign: campaign.id)
    switch response.status {
    case 200, 201:
      guard answer.isCoupon, let coupon = answer.coupon, let sequence = answer.sequence,
        response.status == 201 || response.isReplayed
      else { break }
      return .coupon(
        .init(
          coupon: coupon, sequence: sequence, isOwn: response.status == 201,
          isReplayed: response.isReplayed))
    case 410 where answer.isError && answer.isSoldOut:
      return .soldOut
    case 410 where answer.isError && answer.isClosed && campaign.plan.recalledAfter != nil:
      return .closed
    case 503 where answer.isError && answer.isRetryable && response.header("Retry-After") != nil:
      // The server may have lost the answer of Redis after Redis had decided.
      return .unknown
    default: break
    }
    return .wrong("status \(response.status) with \(response.bodyText.prefix(300))")
  }
}
