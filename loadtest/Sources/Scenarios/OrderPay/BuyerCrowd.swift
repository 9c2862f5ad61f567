internal import Domain
internal import EventLoop

/// The buyers of a run on one loop: each orders one piece at its moment, whatever became of the others,
/// pays once it has the order, and perhaps sends the payment again. Loop-confined.
final class BuyerCrowd {
  /// What the buyers buy, and how they name what they ask for.
  struct Plan: Sendable {
    let sale: Identifier
    let skus: [String]
    /// Minor units of a piece.
    let price: Int
    let host: String
    /// Sets the keys of this run apart from those of others.
    let run: String
  }

  private(set) var tally = Tally(outcomeCount: OrderPayOutcome.allCases.count)
  private(set) var breaches = Breaches()
  /// From the moment at which an order was due to the answer that it is paid.
  private(set) var orderToPaid = LatencyHistogram()
  private(set) var done = 0

  private let plan: Plan
  private let options: OrderPayOptions
  private let tokens: TokenStore
  private let loop: EventLoop
  private let pool: ConnectionPool
  private var buyers: [Buyer]
  private var begun: [UInt64]
  private let closed: ClosedLoop?
  private var entrance: CrowdEntrance?
  private var queue = VisitorQueue()
  private var alarm: Alarm?
  private var completion: (() -> Void)?

  /// How close together moments are looked at, in nanoseconds.
  private static let granularity: UInt64 = 200_000
  /// How often a buyer comes again that was told to.
  private static let patience = 20
  /// How long it waits before it does, in nanoseconds.
  private static let pause: UInt64 = 1_000_000_000

  init(
    plan: Plan, options: OrderPayOptions, load: LoadOptions, tokens: TokenStore, loop: EventLoop
  ) {
    self.plan = plan
    self.options = options
    self.tokens = tokens
    closed = load.closed
    self.loop = loop
    buyers = Array(repeating: Buyer(), count: options.users)
    begun = Array(repeating: 0, count: options.users)
    var limits = WorkerLimits()
    limits.connections = load.connections
    limits.requestTimeout = load.requestTimeout
    pool = ConnectionPool(target: load.target, loop: loop, limits: limits)
  }

  /// What buyers were told that is paid.
  var acknowledged: [AcknowledgedPayment] {
    buyers.enumerated().compactMap { index, buyer in
      guard let order = buyer.order, let made = buyer.payment else { return nil }
      return AcknowledgedPayment(buyer: index, order: order, made: made)
    }
  }

  // MARK: Running

  /// Lets all buyers come; returns when the last is through.
  func run(_ arrivals: ArrivalSchedule) async throws(EventLoopError) {
    alarm = try Alarm(loop: loop, granularity: Self.granularity) { [unowned self] in
      actDue(at: EventLoop.nanoseconds())
    }
    pool.write = { [unowned self] in write($0, $1) }
    pool.onAnswer = { [unowned self] in answered($0, $1) }
    pool.onFailure = { [unowned self] in failed($0, $1) }
    try await pool.open()
    let start = EventLoop.nanoseconds() + LoadRun.leadTime
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      completion = { continuation.resume() }
      var entrance = CrowdEntrance(arrivals, closed: closed, start: start)
      for arrival in entrance.first() { begin(arrival) }
      self.entrance = entrance
      actDue(at: EventLoop.nanoseconds())
    }
    alarm?.cancel()
    pool.close()
    tally.reconnects = pool.reconnects
  }

  private func begin(_ arrival: CrowdEntrance.Arrival) {
    begun[arrival.member] = arrival.moment
    queue.push(arrival.member, at: arrival.moment)
  }

  /// Orders and payments that are due by `now` and have no answer.
  func waiting(at now: UInt64) -> Int {
    buyers.indices.count { begun[$0] > 0 && begun[$0] <= now && buyers[$0].step != .done }
  }

  private func actDue(at now: UInt64) {
    while let (buyer, due) = queue.pop(at: now) { pool.ask(buyer, due: due) }
    if completion != nil, let next = queue.next { alarm?.set(to: next, now: now) }
  }

  private func next(_ step: Buyer.Step, of buyer: Int, at moment: UInt64) {
    buyers[buyer].step = step
    queue.push(buyer, at: moment)
    actDue(at: EventLoop.nanoseconds())
  }

  private func conclude(_ buyer: Int) {
    buyers[buyer].step = .done
    done += 1
    if let next = entrance?.next(at: EventLoop.nanoseconds()) {
      begin(next)
      return actDue(at: next.moment)
    }
    guard done == entrance?.begun else { return }
    let completion = completion
    self.completion = nil
    completion?()
  }

  // MARK: Requests

  private func write(_ buyer: Int, _ output: ByteBuffer) {
    if isOrder(buyers[buyer].step) {
      output.append("POST /v1/orders HTTP/1.1\r\nHost: " as StaticString)
      writeHead(buyer, "order", output)
      let sku = plan.skus[buyer % plan.skus.count]
      let body = #"{"sale_id":"\#(plan.sale)","lines":[{"sku":"\#(sku)","quantity":1}]}"#
      output.append(decimal: body.utf8.count)
      output.append("\r\n\r\n" as StaticString)
      output.append(body)
    } else {
      output.append("POST /v1/orders/" as StaticString)
      output.append(buyers[buyer].order!.description)
      output.append("/payment HTTP/1.1\r\nHost: " as StaticString)
      writeHead(buyer, "pay", output)
      output.append("19\r\n\r\n{\"method\":\"wallet\"}" as StaticString)
    }
  }

  private func isOrder(_ step: Buyer.Step) -> Bool { step == .order || step == .orderAgain }

  private func writeHead(_ buyer: Int, _ kind: StaticString, _ output: ByteBuffer) {
    output.append(plan.host)
    output.append("\r\nAuthorization: Bearer " as StaticString)
    tokens.write(buyer, into: output)
    output.append("\r\nX-Idempotency-Key: " as StaticString)
    output.append(kind)
    output.append(plan.run)
    output.append(decimal: buyer)
    output.append("\r\nContent-Type: application/json\r\nContent-Length: " as StaticString)
  }

  private func answered(_ request: ConnectionPool.Request, _ response: Response) {
    let now = EventLoop.nanoseconds()
    let outcome =
      isOrder(buyers[request.asker].step)
      ? judgeOrder(response, request.asker) : judgePayment(response, request.asker, now: now)
    count(outcome, request, now)
    tally.service.record(nanoseconds: now - request.sent)
    go(on: request.asker, after: outcome, now: now)
  }

  private func failed(_ request: ConnectionPool.Request, _ failure: ClientFailure) {
    let now = EventLoop.nanoseconds()
    tally.failures[failure.description, default: 0] += 1
    var outcome = OrderPayOutcome.failed
    if case .malformed(let problem) = failure {
      breaches.add("malformed answer: \(problem)")
      outcome = .wrong
    }
    count(outcome, request, now)
    go(on: request.asker, after: outcome, now: now)
  }

  private func count(_ outcome: OrderPayOutcome, _ request: ConnectionPool.Request, _ now: UInt64) {
    tally.started += 1
    tally.outcomes[outcome.rawValue].record(nanoseconds: now - request.due)
  }

  // MARK: Answers

  private func judgeOrder(_ response: Response, _ buyer: Int) -> OrderPayOutcome {
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isOrder && answer.pieces == 1 && answer.total == plan.price:
      return took(answer.order!, buyer, response)
    // There are pieces for all who come: nobody may be refused.
    case 503 where isUnavailable(response): return .unavailable
    default: return wrong(response, "order")
    }
  }

  private func took(_ order: Identifier, _ buyer: Int, _ response: Response) -> OrderPayOutcome {
    if let known = buyers[buyer].order {
      guard known == order, response.isReplayed else {
        breaches.add(
          "a repeat brought order \(order) after \(known), replay: \(response.isReplayed)")
        return .wrong
      }
      return .replayed
    }
    if response.isReplayed, buyers[buyer].failures == 0 {
      breaches.add("the first answer to an order calls itself a replay: \(order)")
      return .wrong
    }
    buyers[buyer].order = order
    return .reserved
  }

  private func judgePayment(_ response: Response, _ buyer: Int, now: UInt64) -> OrderPayOutcome {
    let answer = PaymentAnswer(of: response.body)
    switch response.status {
    case 200 where answer.isPayment && answer.order == buyers[buyer].order:
      return took(
        PaymentMade(
          payment: answer.payment!, paidAt: answer.paidAt!, balanceAfter: answer.balanceAfter!),
        buyer, isReplay: response.isReplayed, now: now)
    case 402 where answer.isError("INSUFFICIENT_FUNDS") && options.isPoor(buyer): return .short
    case 503 where isUnavailable(response): return .unavailable
    default: return wrong(response, "payment of \(buyers[buyer].order!)")
    }
  }

  private func took(
    _ made: PaymentMade, _ buyer: Int, isReplay: Bool, now: UInt64
  ) -> OrderPayOutcome {
    if let known = buyers[buyer].payment {
      guard known == made, isReplay else {
        breaches.add("a repeat brought \(made) after \(known), replay: \(isReplay)")
        return .wrong
      }
      return .replayed
    }
    if isReplay, buyers[buyer].failures == 0 {
      breaches.add("the first answer to a payment calls itself a replay: \(made)")
      return .wrong
    }
    if options.isPoor(buyer) { breaches.add("\(made) was paid by one who has too little") }
    buyers[buyer].payment = made
    orderToPaid.record(nanoseconds: now - begun[buyer])
    return .paid
  }

  private func isUnavailable(_ response: Response) -> Bool {
    PaymentAnswer(of: response.body).isError("INTERNAL_RETRYABLE")
      && response.header("Retry-After") != nil
  }

  private func wrong(_ response: Response, _ what: String) -> OrderPayOutcome {
    breaches.add("\(what): status \(response.status) with \(response.bodyText.prefix(300))")
    return .wrong
  }

  private func go(on buyer: Int, after outcome: OrderPayOutcome, now: UInt64) {
    switch outcome {
    case .reserved:
      buyers[buyer].failures = 0
      next(.pay, of: buyer, at: now + options.think.milliseconds * 1_000_000)
    case .paid where options.repeats(buyer): next(.payAgain, of: buyer, at: now)
    case .replayed where buyers[buyer].step == .payAgain: next(.orderAgain, of: buyer, at: now)
    case .unavailable, .failed:
      guard buyers[buyer].failures < Self.patience else { return conclude(buyer) }
      buyers[buyer].failures += 1
      next(buyers[buyer].step, of: buyer, at: now + Self.pause)
    default: conclude(buyer)
    }
  }
}
