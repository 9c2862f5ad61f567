public import Domain
internal import EventLoop
public import HTTP
public import Services

/// A request that has passed the checks of its route. Loop-confined; one object a request.
///
/// It is answered once, with one of the functions of `HotRequest+Respond.swift`; until then the bytes
/// of ``exchange`` may be read. Later answers, and those after the request's deadline, do nothing.
public final class HotRequest {
  public let exchange: HTTPExchange
  public let route: BoundRoute
  let observer: RequestObserver
  let requestID: RequestID
  var foundTenant: Tenant?
  var foundPrincipal: Principal?
  /// Counts the answer for the room that the request came through, if its rate follows the load.
  var meter: RoomMeter?
  /// What the answer says of rate policies, one for each that the request came under. Handlers have those of
  /// what was asked for said by ``tell(_:of:isRefused:)``.
  var rateLines: [RateLine] = []
  /// The same, written already, where the answer names one policy alone; then ``rateLines`` is empty.
  var rateText: [UInt8] = []
  /// What was charged for the request, to be given back when it fails for a reason of our own or is
  /// refused by a policy of what it asks for.
  var rateCharge: RateCharge?
  /// The value of the idempotency key's field, of allowed length and characters. Its bytes are the
  /// exchange's.
  public internal(set) var idempotencyKey: UnsafeRawBufferPointer?

  init(
    exchange: HTTPExchange, route: BoundRoute, observer: RequestObserver, requestID: RequestID
  ) {
    self.exchange = exchange
    self.route = route
    self.observer = observer
    self.requestID = requestID
  }

  /// The tenant that the host leads to. Traps on a route that needs none.
  @inline(__always)
  public var tenant: Tenant { foundTenant! }

  /// Whoever the token stands for. Traps on a route that anyone may call.
  @inline(__always)
  public var principal: Principal { foundPrincipal! }

  /// The language that the request asks for: that of a refusal's message, whoever asks.
  public var language: Language { Language(acceptLanguage: exchange.header(.acceptLanguage)) }

  /// The language of all else that people read: the one that a user's profile names, or else the one that
  /// the request asks for.
  public var readerLanguage: Language { foundPrincipal?.language ?? language }

  /// The request's id as text.
  public var requestIDText: String { requestID.text(of: exchange) }

  /// Nanoseconds since the whole request was there.
  var age: UInt64 { EventLoop.nanoseconds() &- exchange.startedAt }
}
