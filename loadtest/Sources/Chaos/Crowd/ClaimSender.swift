internal import Domain
internal import EventLoop

/// Sends claims to one API process over one keep-alive connection. Loop-confined.
final class ClaimSender {
  private let connection: ClientConnection
  private let loop: EventLoop

  /// Longer than the server's own deadline of a request.
  private static let timeout = Duration.seconds(7)
  private static let connectTimeout = Duration.seconds(2)

  init(port: Int, loop: EventLoop) {
    self.loop = loop
    connection = ClientConnection(address: .tcp(host: "127.0.0.1", port: port), loop: loop)
  }

  func close() { connection.close() }

  /// Sends a claim and waits for what comes of it.
  func claim(
    _ campaign: ChaosCampaign, token: String, key: String?
  ) async -> LoggedClaim.Outcome {
    if !connection.isOpen {
      do {
        try await connection.open(deadline: Self.connectTimeout)
      } catch {
        return .unsent
      }
    }
    connection.output.append(
      "POST /v1/campaigns/\(campaign.id)/coupons HTTP/1.1\r\nHost: \(campaign.tenant.host)\r\n"
        + "Content-Length: 0\r\nAuthorization: Bearer \(token)\r\n")
    if let key { connection.output.append("X-Idempotency-Key: \(key)\r\n") }
    connection.output.append("\r\n")
    let timer = loop.schedule(after: Self.timeout) { [connection] in connection.timeOut() }
    defer { timer.cancel() }
    return await withUnsafeContinuation { continuation in
      connection.onResponse = { response in
        continuation.resume(returning: Self.judge(response, campaign))
      }
      connection.onFailure = { failure in
        continuation.resume(returning: Self.judge(failure))
      }
      connection.send()
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
    case 503 where answer.isError && answer.isRetryable && response.header("Retry-After") != nil:
      // The server may have lost the answer of Redis after Redis had decided.
      return .unknown
    default: break
    }
    return .wrong("status \(response.status) with \(response.bodyText.prefix(300))")
  }

  private static func judge(_ failure: ClientFailure) -> LoggedClaim.Outcome {
    switch failure {
    case .unreachable: .unsent
    case .disconnected, .timedOut: .unknown
    case .malformed(let problem): .wrong("malformed answer: \(problem)")
    }
  }
}
