internal import EventLoop

/// Credits the wallets of a run's buyers through the operator's API, over many connections at once.
/// Loop-confined.
final class WalletFiller {
  private let pool: ConnectionPool
  private let host: String
  private let token: String
  private let run: String
  /// The name of each buyer and the minor units of KRW that it gets; 0 for none.
  private let credits: [(user: String, amount: Int)]
  private var left = 0
  private var refusal: String?
  private var tries: [UInt8]
  private var completion: (() -> Void)?

  /// How often a credit is asked for anew that the server could not book.
  private static let patience = 5

  init(
    load: LoadOptions, token: String, run: String, credits: [(user: String, amount: Int)],
    loop: EventLoop
  ) {
    var limits = WorkerLimits()
    limits.connections = load.connections
    limits.requestTimeout = load.requestTimeout
    pool = ConnectionPool(target: load.target, loop: loop, limits: limits)
    host = load.target.host
    self.token = token
    self.run = run
    self.credits = credits
    tries = Array(repeating: 0, count: credits.count)
  }

  /// - Throws: `ScenarioError` with the server's answer when it is not the one expected.
  func fill() async throws(ScenarioError) {
    pool.write = { [unowned self] in write($0, $1) }
    pool.onAnswer = { [unowned self] request, response in
      if response.status == 201 || response.status == 200 { return finished() }
      again(request.asker, "status \(response.status): \(response.bodyText)")
    }
    pool.onFailure = { [unowned self] request, failure in again(request.asker, "\(failure)") }
    do {
      try await pool.open()
    } catch {
      throw ScenarioError("\(error)")
    }
    let wanted = credits.indices.filter { credits[$0].amount > 0 }
    left = wanted.count
    if left > 0 {
      await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
        completion = { continuation.resume() }
        for index in wanted { pool.ask(index, due: EventLoop.nanoseconds()) }
      }
    }
    pool.close()
    if let refusal { throw ScenarioError("a wallet could not be filled: \(refusal)") }
  }

  private func again(_ index: Int, _ reason: String) {
    tries[index] += 1
    if tries[index] < Self.patience { return pool.ask(index, due: EventLoop.nanoseconds()) }
    refusal = reason
    finished()
  }

  private func finished() {
    left -= 1
    guard left == 0 else { return }
    completion?()
    completion = nil
  }

  private func write(_ index: Int, _ output: ByteBuffer) {
    let (user, amount) = credits[index]
    let body =
      #"{"amount":\#(amount),"currency":"KRW","reason":"load test","ref_type":"loadtest","#
      + #""ref_id":"\#(run)"}"#
    output.append("POST /v1/admin/wallets/\(user)/credits HTTP/1.1\r\nHost: \(host)\r\n")
    output.append("Authorization: Bearer \(token)\r\nX-Idempotency-Key: credit\(run)\(index)\r\n")
    output.append("Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n")
    output.append(body)
  }
}
