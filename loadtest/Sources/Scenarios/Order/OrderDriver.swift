internal import Domain
internal import EventLoop

/// Orders one piece for each user of one worker and looks into every answer. Loop-confined.
final class OrderDriver: RequestDriver {
  /// What all workers of a run share.
  struct Sale: Sendable {
    let id: Identifier
    let skus: [String]
    /// Minor units of a piece.
    let price: Int
    let host: String
    let users: Int
  }

  private let sale: Sale
  private let plan: ClaimPlan
  private let tokens: TokenStore
  private let heads: [[UInt8]]
  /// The keys of this sale are none of another's: they are kept for a day.
  private let keyHead: [UInt8]
  private let bodies: [[UInt8]]
  private let worker: Int
  private let workers: Int
  private(set) var record: OrderRecord
  private(set) var demand: OrderDemand
  /// Requests in flight of users who had been told of their order before these were sent.
  private var repeats: Set<Int> = []

  init(share: ScheduleShare, sale: Sale, tokens: TokenStore) {
    worker = share.worker
    workers = share.workers
    let own = (sale.users - share.worker + share.workers - 1) / share.workers
    plan = ClaimPlan(users: own, repeats: share.count - own)
    self.sale = sale
    self.tokens = tokens
    bodies = sale.skus.map { sku in
      Array(#"{"sale_id":"\#(sale.id)","lines":[{"sku":"\#(sku)","quantity":1}]}"#.utf8)
    }
    heads = bodies.map { body in
      Array(
        ("POST /v1/orders HTTP/1.1\r\nHost: \(sale.host)\r\nContent-Type: application/json\r\n"
          + "Content-Length: \(body.count)\r\nAuthorization: Bearer ").utf8)
    }
    keyHead = Array("\r\nX-Idempotency-Key: order-\(sale.id)-".utf8)
    record = OrderRecord(users: own)
    demand = OrderDemand(users: own, skus: sale.skus.count)
  }

  /// The orders that this worker's users were told of.
  var acknowledged: [AcknowledgedOrder] {
    record.held.map { held in
      let user = worker + held.user * workers
      return AcknowledgedOrder(user: user, order: held.order, sku: sku(of: user))
    }
  }

  /// Which of the SKUs a user wants.
  private func sku(of user: Int) -> Int { user % sale.skus.count }

  func write(request number: Int, into output: ByteBuffer) {
    let own = plan.user(of: number)
    let user = worker + own * workers
    let sku = sku(of: user)
    demand.asks(own, sku: sku, at: EventLoop.nanoseconds())
    if record.order(of: own) != nil { repeats.insert(number) }
    output.append(heads[sku])
    tokens.write(user, into: output)
    output.append(keyHead)
    output.append(decimal: user)
    output.append("\r\n\r\n" as StaticString)
    output.append(bodies[sku])
  }

  func receive(_ response: Response, to number: Int) -> Int {
    let user = plan.user(of: number)
    let isRepeat = repeats.remove(number) != nil
    let outcome = judge(response, user: user, isRepeat: isRepeat)
    switch outcome {
    case .soldOut: demand.isSoldOut(sku(of: worker + user * workers), at: EventLoop.nanoseconds())
    case .rateLimited: break
    case .reserved, .replayed, .unavailable, .failed, .wrong: demand.mayHold(user)
    }
    return outcome.rawValue
  }

  func fail(request number: Int, _ failure: ClientFailure) -> Int {
    repeats.remove(number)
    demand.mayHold(plan.user(of: number))
    guard case .malformed(let problem) = failure else { return OrderOutcome.failed.rawValue }
    record.note("malformed answer: \(problem)")
    return OrderOutcome.wrong.rawValue
  }

  /// - Parameter isRepeat: whether the user had been told of its order when it asked.
  private func judge(_ response: Response, user: Int, isRepeat: Bool) -> OrderOutcome {
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isOrder && answer.pieces == 1 && answer.total == sale.price:
      guard let order = answer.order,
        record.hold(user: user, order: order, isReplay: response.isReplayed)
      else { return .wrong }
      return response.isReplayed ? .replayed : .reserved
    // A key that brought an order brings the same one, however little is left. The sale has no limit for
    // anybody to reach.
    case 410 where answer.isError && answer.code == .soldOut && !isRepeat: return .soldOut
    case 429 where answer.isError && answer.code == .rateLimited: return .rateLimited
    case 503
    where answer.isError && answer.code == .retryable && response.header("Retry-After") != nil:
      return .unavailable
    default:
      record.note(
        (isRepeat ? "the repeat of an order: " : "")
          + "status \(response.status) with \(response.bodyText.prefix(300))")
      return .wrong
    }
  }
}
