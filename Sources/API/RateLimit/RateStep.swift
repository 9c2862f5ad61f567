internal import Domain
internal import HTTP
internal import Services

/// The step of the pipeline that holds requests to their rate policies. Loop-confined.
///
/// What is known to be refused whoever the user is, is refused before the token is looked at: that is
/// what a flood of requests costs least. All else is charged in one call, for all policies together,
/// whether or not the token was good, so that guessing tokens is limited too. A request without a user
/// comes under the policies that count no users.
final class RateStep {
  private let limiter: RateLimiter
  private let clients: ClientAddressReader

  init(limiter: RateLimiter, clients: ClientAddressReader) {
    self.limiter = limiter
    self.clients = clients
  }

  /// Refuses `request`, or has `pipeline` go on with it, at once or later.
  ///
  /// - Parameter route: the number of its route.
  func take(_ request: HotRequest, _ route: Int, of pipeline: RequestPipeline) {
    guard let rates = limiter.rates(of: request.tenant.id, route: route) else {
      return pipeline.go(on: request, pipeline.authorize(request))
    }
    var caller = RateCaller()
    if rates.needsAddress {
      caller.address = clients.address(of: request.exchange).map { limiter.counted($0) }
    }
    if rates.needsAPIKey, let key = request.exchange.header(.apiKey), !key.isEmpty {
      caller.apiKey = RateLimiter.digest(ofAPIKey: key)
    }
    let now = request.exchange.startedAt
    if let known = limiter.knownRefusal(rates, caller, at: .beforeToken, now: now) {
      return request.refuse(known)
    }
    let refusal = pipeline.authorize(request)
    caller.user = request.foundPrincipal?.user
    if let known = limiter.knownRefusal(rates, caller, at: .afterToken, now: now) {
      return request.refuse(known)
    }
    limiter.decide(PendingRate(limiter, rates, caller, request, refusal, pipeline))
  }
}

/// A request that waits for Redis to decide about its rate policies.
private final class PendingRate: RateCharge {
  private var request: HotRequest?
  private let refusal: APIError?
  private let pipeline: RequestPipeline

  init(
    _ limiter: RateLimiter, _ rates: RouteRates, _ caller: RateCaller, _ request: HotRequest,
    _ refusal: APIError?, _ pipeline: RequestPipeline
  ) {
    self.request = request
    self.refusal = refusal
    self.pipeline = pipeline
    super.init(limiter, rates, caller)
  }

  override var isWaiting: Bool { request?.exchange.isPending ?? false }

  override func settled(_ result: RateResult) {
    guard let request else { return }
    // The request keeps its charge, so the charge lets go of the request.
    self.request = nil
    switch result {
    case .allowed(let lines):
      guard request.exchange.isPending else {
        // Told of its deadline meanwhile, and not gone by itself: it was not answered in time.
        if request.exchange.context == nil { refund() }
        return
      }
      request.rateLines = lines
      request.rateCharge = self
      pipeline.go(on: request, refusal)
    case .refused(let refusal): request.refuse(refusal)
    case .unavailable: request.refuse(.internalRetryable)
    }
  }
}

extension HotRequest {
  /// Answers that the request is over a rate policy.
  fileprivate func refuse(_ refusal: RateRefusal) {
    rateLines = [refusal.line]
    refuse(.rateLimited, retryAfter: refusal.retryAfterSeconds)
  }
}
