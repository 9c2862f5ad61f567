public import Domain
public import EventLoop
internal import HTTP

extension HotRequest {
  /// Answers `{"data": …, "request_id": …}`.
  ///
  /// - Parameters:
  ///   - status: the status code.
  ///   - headers: writes further header lines, each ended by CR LF.
  ///   - data: writes the JSON of the data.
  @inline(__always)
  public func respond(
    status: Int, headers: (ByteBuffer) -> Void = { _ in }, data: (ByteBuffer) -> Void
  ) {
    send(status: status, headers: headers) { output in
      output.append(#"{"data":"#)
      data(output)
      endEnvelope(output)
    }
  }

  /// Answers with the error envelope.
  ///
  /// - Parameters:
  ///   - code: the code, which also gives the message.
  ///   - status: the status, where it is not the code's own.
  ///   - retryAfter: seconds; where the code is retryable and none is given, the default.
  ///   - details: writes the JSON object of the details.
  ///   - headers: writes further header lines, each ended by CR LF.
  public func refuse(
    _ code: ErrorCode, status: Int? = nil, retryAfter: Int? = nil,
    details: (ByteBuffer) -> Void = { $0.append("{}") }, headers: (ByteBuffer) -> Void = { _ in }
  ) {
    let status = status ?? code.status
    let isRetryable = code.isRetryable || status == 503
    let retryAfter = retryAfter ?? (isRetryable ? APIError.defaultRetryAfter : nil)
    let language = language
    send(status: status) { output in
      if let retryAfter {
        output.append("Retry-After: ")
        output.append(decimal: retryAfter)
        output.append("\r\n")
      }
      headers(output)
    } body: { output in
      Envelope.beginError(code, language, to: output)
      details(output)
      output.append("}")
      endEnvelope(output)
    }
  }

  /// Answers with a refusal.
  public func refuse(_ error: APIError) {
    refuse(error.code, status: error.status, retryAfter: error.retryAfter) { output in
      output.append(error.details.json)
    } headers: { output in
      for header in error.headers { Envelope.append(header.name, header.value, to: output) }
    }
  }

  @inline(__always)
  private func endEnvelope(_ output: ByteBuffer) {
    output.append(#","request_id":""#)
    requestID.writeJSON(of: exchange, to: output)
    output.append(#""}"#)
  }

  /// Gives the charge of a request back that failed for a reason of our own, or that a policy of what it
  /// asked for refused: all policies of a request are charged, or none. It leaves behind the answer, in one
  /// call with all that gathered.
  func settleCharge(status: Int) {
    if status >= 500 || status == ErrorCode.rateLimited.status { rateCharge?.refund() }
    rateCharge = nil
  }

  /// Counts and logs the request, then sends the answer.
  @inline(__always)
  func send(
    status: Int, contentType: StaticString = "application/json",
    fixed: StaticString = Envelope.fixedHeaders,
    headers: (ByteBuffer) -> Void, body: (ByteBuffer) -> Void
  ) {
    // Told once: by the first answer, or by the server when it ended the exchange.
    guard exchange.context != nil else { return }
    let isPending = exchange.isPending
    // Before the answer: it ends the life of the request's bytes, which the log names.
    observer.finished(self, status: isPending ? status : RouteMetrics.clientGone)
    exchange.context = nil
    if rateCharge != nil { settleCharge(status: isPending ? status : RouteMetrics.clientGone) }
    guard isPending else { return }
    exchange.respond(status: status, contentType: contentType) { output in
      output.append("X-Request-Id: ")
      requestID.write(of: exchange, to: output)
      output.append(fixed)
      if !rateLines.isEmpty {
        RateHeaders.write(rateLines, to: output)
      } else if !rateText.isEmpty {
        output.append(rateText)
      }
      headers(output)
    } writeBody: { output in
      body(output)
    }
  }
}
