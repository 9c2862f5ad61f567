internal import Domain
internal import EventLoop
internal import HTTP
internal import Services

/// Takes each request through the same checks in the same order, then to its handler: request id,
/// route, tenant, rate policies, token, permission, media type and body, idempotency key. Loop-confined.
///
/// Who is not allowed in learns nothing more than that: the body of a request is not looked at
/// before its sender is known.
final class RequestPipeline {
  let observer: RequestObserver
  private let loop: EventLoop
  private let router: Router<BoundRoute>
  private let gate: RequestGate
  private let rates: RateStep?
  private let idempotency: IdempotencyStep?
  private let clock: WallClock
  private let operations: OperationsHandler
  private var identifiers = IdentifierGenerator(random: FastRandom())

  init(
    routes: [BoundRoute], gate: RequestGate, rates: RateStep?, operations: OperationsHandler,
    observer: RequestObserver, loop: EventLoop, clock: WallClock
  ) {
    var router = Router<BoundRoute>()
    for route in routes { router.add(route.description.method, route.description.pattern, route) }
    self.router = router
    self.gate = gate
    idempotency = gate.idempotency.map(IdempotencyStep.init)
    self.rates = rates
    self.operations = operations
    self.observer = observer
    self.loop = loop
    self.clock = clock
  }

  func handle(_ exchange: HTTPExchange) {
    switch router.match(exchange) {
    case .found(let route, _): begin(exchange, route)
    case .methodNotAllowed(let allow): refuseUnrouted(exchange, .methodNotAllowed(allow: allow))
    case .notFound: refuseUnrouted(exchange, .notFound)
    }
  }

  @inline(__always)
  private func begin(_ exchange: HTTPExchange, _ route: BoundRoute) {
    let request = HotRequest(
      exchange: exchange, route: route, observer: observer, requestID: requestID(of: exchange))
    exchange.context = request
    if let refusal = findTenant(request) {
      request.refuse(refusal)
      return
    }
    if let number = route.rateNumber, let rates {
      rates.take(request, number, of: self)
    } else {
      go(on: request, authorize(request))
    }
  }

  /// Goes on with a request that is within its rate policies, or refuses what its sender may not do.
  @inline(__always)
  func go(on request: HotRequest, _ refusal: APIError?) {
    if let refusal = refusal ?? RequestFormat.check(request) {
      request.refuse(refusal)
      return
    }
    switch request.route.handler {
    case .hot(let handler): handler(request)
    case .ordinary(let handler): run(handler, request)
    case .operation(let operation): operations.answer(operation, request)
    }
  }

  @inline(__always)
  private func requestID(of exchange: HTTPExchange) -> RequestID {
    if let given = exchange.header(.requestID), RequestID.isTaken(given) { return .given }
    return .made(makeIdentifier())
  }

  /// A new id for a request.
  func makeIdentifier() -> Identifier { identifiers.next(at: clock.now()) }

  // MARK: Who asks

  @inline(__always)
  private func findTenant(_ request: HotRequest) -> APIError? {
    guard request.route.needsTenant else { return nil }
    guard let host = request.exchange.header(.host) else { return .notFound }
    switch gate.tenant(host) {
    case .tenant(let found): request.foundTenant = found
    case .unknown: return .notFound
    case .unavailable: return .unavailable
    }
    return nil
  }

  /// Token and permission.
  @inline(__always)
  func authorize(_ request: HotRequest) -> APIError? {
    guard let needed = request.route.permission ?? (request.route.takesVisitors ? [] : nil) else {
      return nil
    }
    let tenant = request.tenant
    guard let authorization = request.exchange.header(.authorization) else {
      return request.route.takesVisitors ? nil : .unauthorized
    }
    guard let token = BearerToken.find(in: authorization) else { return .invalidToken }
    guard let principal = gate.principal(token, tenant) else { return .invalidToken }
    request.foundPrincipal = principal
    if principal.may(needed) { return nil }
    if let own = request.route.ownPermission, principal.may(own) { return nil }
    return APIError(.forbidden)
  }

  // MARK: Ordinary routes

  private func run(
    _ handler: @escaping (RequestContext) async throws(APIError) -> APIResponse,
    _ request: HotRequest
  ) {
    let body: JSONValue
    switch RequestFormat.body(of: request) {
    case .success(let value): body = value
    case .failure(let refusal):
      request.refuse(refusal)
      return
    }
    let context = RequestContext(request, body: body)
    context.identity = IdempotencyStep.identity(of: context)
    let step = idempotency
    let task = loop.spawn {
      do throws(APIError) {
        guard let step else {
          return request.respond(try await handler(context))
        }
        request.respond(try await step.answer(context, handler))
      } catch {
        request.refuse(error)
      }
    }
    request.exchange.onAbandon = { reason in
      // What a client that went away asked for may be half done: it runs on to its end.
      if reason == .deadlineExceeded { task.cancel() }
    }
  }

  // MARK: Requests without a route

  private func refuseUnrouted(_ exchange: HTTPExchange, _ error: APIError) {
    observer.finishedUnrouted(
      status: error.status, nanoseconds: EventLoop.nanoseconds() &- exchange.startedAt)
    exchange.respond(
      Envelope.response(
        error, language: Language(acceptLanguage: exchange.header(.acceptLanguage)),
        requestID: requestID(of: exchange).text(of: exchange)))
  }
}
