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
    let user = worker + plan.user(of: number) * workers
    let sku = sku(of: user)
    output.append(heads[sku])
    tokens.write(user, into: output)
    output.append(keyHead)
    output.append(decimal: user)
    output.append("\r\n\r\n" as StaticString)
    output.append(bodies[sku])
  }

  func receive(_ response: Response, to number: Int) -> Int {
    judge(response, user: plan.user(of: number)).rawValue
  }

  func fail(request number: Int, _ failure: ClientFailure) -> Int {
    guard case .malformed(let problem) = failure else { return OrderOutcome.failed.rawValue }
    record.note("malformed answer: \(problem)")
    return OrderOutcome.wrong.rawValue
  }

  private func judge(_ response: Response, user: Int) -> OrderOutcome {
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isOrder && answer.pieces == 1 && answer.total == sale.price:
      guard let order = answer.order,
        record.hold(user: user, order: order, isReplay: response.isReplayed)
      else { return .wrong }
      return response.isReplayed ? .replayed : .reserved
    case 410 where answer.isError && answer.code == .soldOut: return .soldOut
    case 422 where answer.isError && answer.code == .limitReached: return .limitReached
    case 429 where answer.isError && answer.code == .rateLimited: return .rateLimited
    case 503
    where answer.isError && answer.code == .retryable && response.header("Retry-After") != nil:
      return .unavailable
    default:
      record.note("status \(response.status) with \(response.bodyText.prefix(300))")
      return .wrong
    }
  }
}
