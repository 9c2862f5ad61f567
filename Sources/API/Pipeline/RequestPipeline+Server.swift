internal import Domain
internal import HTTP

/// What the HTTP server refuses by itself, in the form of the API.
extension RequestPipeline {
  /// In the language that the request asks for, and with the id that it gives, if its head was read.
  func response(to error: HTTPProtocolError, of head: RefusedHead?) -> HTTPResponse {
    let given = head?.header(.requestID).flatMap { RequestID.isTaken($0) ? $0.text : nil }
    return Envelope.response(
      APIError(error), language: Language(acceptLanguage: head?.header(.acceptLanguage)),
      requestID: given ?? makeIdentifier().description)
  }

  func deadlineResponse(to exchange: HTTPExchange) -> HTTPResponse {
    let requestID = (exchange.context as? HotRequest)?.requestIDText
    return Envelope.response(
      .unavailable, language: Language(acceptLanguage: exchange.header(.acceptLanguage)),
      requestID: requestID ?? makeIdentifier().description)
  }

  /// Called after every response. Those that went through ``HotRequest`` have been told already and
  /// took their object out of the exchange.
  @inline(__always)
  func serverFinished(_ exchange: HTTPExchange?, status: Int, nanoseconds: UInt64) {
    guard let exchange else {
      observer.finishedUnrouted(status: status, nanoseconds: nanoseconds)
      return
    }
    guard let context = exchange.context else { return }
    let request = unsafeDowncast(context, to: HotRequest.self)
    observer.finished(request, status: status)
    request.settleCharge(status: status)
    exchange.context = nil
  }
}

extension APIError {
  /// The refusal that says the same in the terms of the API.
  init(_ error: HTTPProtocolError) {
    switch error {
    case .deadlineExceeded, .tooManyConnections: self = .unavailable
    default:
      self.init(
        .invalidArgument, status: error.status,
        details: ["field": .string(error.field), "reason": .string("\(error)")])
    }
  }
}
