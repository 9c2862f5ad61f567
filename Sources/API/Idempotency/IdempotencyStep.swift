internal import Domain
internal import HTTP
internal import Services

/// The step of the pipeline that runs a request with an idempotency key once. Loop-confined.
///
/// It is for ordinary routes; a hot route's script does the same in the call that has the effect. A
/// response of success is kept and given again; a refusal is not, since it changed nothing: whoever
/// repeats the request is answered as things stand then.
final class IdempotencyStep {
  typealias Handler = (RequestContext) async throws(APIError) -> APIResponse

  private let service: IdempotencyService

  init(_ service: IdempotencyService) { self.service = service }

  func answer(_ context: RequestContext, _ handler: Handler) async throws(APIError) -> APIResponse {
    guard let identity = context.identity else { return try await handler(context) }
    let attempt: IdempotencyService.Attempt
    switch await service.begin(identity, of: context.tenant.id) {
    case .run(let begun): attempt = begun
    case .replay(let kept): return try APIResponse.replay(of: kept)
    case .reused: throw APIError(.idempotencyKeyReuse)
    case .inProgress(let seconds):
      throw APIError(.idempotencyInProgress, retryAfter: seconds)
    case .unavailable: throw .unavailable
    }
    do throws(APIError) {
      let response = try await handler(context)
      await service.finish(attempt, response: response.kept)
      return response
    } catch {
      await service.finish(attempt, response: nil)
      throw error
    }
  }

  // MARK: Names

  /// The key named by who used it and where, the request by method, path, query and canonical body.
  /// Nil without a key.
  static func identity(of context: RequestContext) -> RequestIdempotency? {
    guard let key = context.request.idempotencyKey else { return nil }
    let exchange = context.exchange
    let route = context.request.route.description
    let user = context.request.foundPrincipal.map { "\($0.user)" } ?? ""
    return IdempotencyNames().identity(
      of: key, by: user, endpoint: "\(route.method) \(route.pattern)"
    ) { scope in
      scope.append(context.tenant.id.description)
    } request: { request in
      request.append("\(route.method) ")
      request.append(exchange.path)
      request.append(UInt8(ascii: "?"))
      request.append(exchange.query)
      request.append(UInt8(ascii: "\n"))
      request.append(context.body.canonical.json)
    }
  }
}
