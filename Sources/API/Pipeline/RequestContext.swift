public import Domain
public import HTTP
public import Services

/// A checked request as the asynchronous function of an ordinary route sees it. Loop-confined.
public final class RequestContext {
  let request: HotRequest
  public let requestID: String
  /// See ``HotRequest/readerLanguage``.
  public let readerLanguage: Language
  /// The JSON of the body; null where the route takes none or it was left out.
  public let body: JSONValue
  public let idempotencyKey: IdempotencyKey?
  /// The idempotency key and the request in the form that records compare; `nil` without a key.
  public internal(set) var identity: RequestIdempotency?

  init(_ request: HotRequest, body: JSONValue) {
    self.request = request
    self.body = body
    requestID = request.requestIDText
    readerLanguage = request.readerLanguage
    idempotencyKey = request.idempotencyKey.flatMap(IdempotencyKey.init(bytes:))
  }

  public var exchange: HTTPExchange { request.exchange }

  /// The tenant that the host leads to. Traps on a route that needs none.
  public var tenant: Tenant { request.tenant }

  /// Whoever the token stands for. Traps on a route that anyone may call.
  public var principal: Principal { request.principal }

  /// Whose things alone the caller may work with; nil for everybody's.
  var owner: UserID? {
    principal.may(request.route.permission ?? []) ? nil : principal.user
  }

  /// The body's members.
  public func fields() throws(APIError) -> FieldReader { try FieldReader(body) }

  /// The text of a capture of the path. Traps if the pattern has none of that name.
  public func parameter(_ name: String) -> String { exchange.parameter(named: name)! }

  /// A capture that is an id: one that is none names nothing, so it is not found.
  public func identifier(_ name: String) throws(APIError) -> Identifier {
    let index = exchange.captures.names.firstIndex(of: name)!
    guard let identifier = Identifier(text: exchange.parameter(index)) else { throw .notFound }
    return identifier
  }

  /// The market that the query names, or else the one that a user's profile names, or else the tenant's own.
  func market() throws(APIError) -> Market {
    guard let market = try namedMarket() ?? readerMarket else { throw .notFound }
    return market
  }

  /// The market that the query names; nil where it names none.
  func namedMarket() throws(APIError) -> Market? {
    guard let text = try query.text("market") else { return nil }
    guard let market = Market(text) else { throw .invalid("market", "must be a market such as KR") }
    return market
  }

  /// The market that the query names must be the sale's.
  func checkMarket(of sale: OrderScope) throws(APIError) {
    guard let named = try namedMarket(), named != sale.market else { return }
    throw .invalid("market", "is not the sale's, which is \(sale.market)")
  }

  /// The market that a user's profile names, or else the tenant's own.
  var readerMarket: Market? {
    request.foundPrincipal?.market.flatMap { Market($0) } ?? Market(tenant.defaultMarket)
  }

  public var query: QueryReader { QueryReader(exchange.query) }
}
