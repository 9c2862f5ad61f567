internal import Domain
internal import EventLoop
internal import HTTP
internal import HotPath
internal import Services

/// Answers `POST /v1/orders` on one loop.
///
/// Called and answered without tasks: this is the path that a crowd takes.
final class OrderHandler {
  static let endpoint = "POST /v1/orders"

  let node: Node
  private let names = IdempotencyNames()
  private let bodies = OrderBodies()
  let texts = OrderTexts()

  init(node: Node) { self.node = node }

  func handle(_ request: HotRequest) {
    let wanted: OrderBodies.Reading
    do throws(APIError) {
      wanted = try bodies.read(request.exchange.body)
    } catch {
      return request.refuse(error)
    }
    if let sale = wanted.body.sale {
      find(sale, wanted, request)
    } else {
      findOpenStock(wanted, request)
    }
  }

  // MARK: Where it is decided

  private func find(
    _ sale: Identifier, _ wanted: OrderBodies.Reading, _ request: HotRequest
  ) {
    switch node.saleDirectory.find(sale, of: request.tenant.id) {
    case .known(let entry): pass(wanted, to: entry.scope, request)
    case .absent: refuseUnknownSale(request)
    case .unread:
      node.loop.spawn { [self] in
        do {
          guard let entry = try await node.saleDirectory.load(sale, of: request.tenant.id) else {
            return refuseUnknownSale(request)
          }
          pass(wanted, to: entry.scope, request)
        } catch {
          request.refuse(.internalRetryable)
        }
      }
    }
  }

  private func refuseUnknownSale(_ request: HotRequest) {
    request.refuse(.notFound, details: { $0.append(#"{"field":"sale_id"}"#) })
  }

  private func findOpenStock(_ wanted: OrderBodies.Reading, _ request: HotRequest) {
    let market =
      wanted.body.market ?? request.principal.market.flatMap { Market($0) }
      ?? Market(request.tenant.defaultMarket)
    guard let market else { return refuseUnsold(wanted, request) }
    switch node.openStock.find(market, of: request.tenant.id) {
    case .known(let scope): order(wanted, in: scope, request)
    case .absent: refuseUnsold(wanted, request)
    case .unread:
      node.loop.spawn { [self] in
        do {
          guard let scope = try await node.openStock.load(market, of: request.tenant.id) else {
            return refuseUnsold(wanted, request)
          }
          order(wanted, in: scope, request)
        } catch {
          request.refuse(.internalRetryable)
        }
      }
    }
  }

  /// Nothing is sold in the market.
  private func refuseUnsold(_ wanted: OrderBodies.Reading, _ request: HotRequest) {
    request.refuse(
      .notFound, details: { OrderWriter.writeUnknown(wanted.body.lines.map(\.sku), to: $0) })
  }

  // MARK: The order

  @inline(__always)
  private func pass(
    _ wanted: OrderBodies.Reading, to scope: OrderScope, _ request: HotRequest
  ) {
    guard scope.room != nil else { return order(wanted, in: scope, request) }
    request.pass(scope.room, node.admission) { [self] in
      order(wanted, in: scope, request)
    } ended: { [self] in
      repeatOrder(wanted, in: scope, request)
    }
  }

  private func order(
    _ wanted: OrderBodies.Reading, in scope: OrderScope, _ request: HotRequest
  ) {
    let body = wanted.body
    guard request.exchange.isPending, let key = request.idempotencyKey else { return }
    if let market = body.market, market != scope.market {
      return request.refuse(.invalid("market", "is not the sale's, which is \(scope.market)"))
    }
    let idempotency = RequestIdempotency(
      key: name(of: key, scope, request), fingerprint: wanted.fingerprint)
    guard let coupon = body.coupon else {
      return place(wanted, on: nil, idempotency, in: scope, request)
    }
    node.loop.spawn { [self] in
      await place(wanted, with: coupon, idempotency, in: scope, request)
    }
  }

  /// Asks the cell for an order that is priced by `terms`; by those of the scope if there are none.
  @inline(__always)
  func place(
    _ wanted: OrderBodies.Reading, on terms: OrderTerms?, _ idempotency: RequestIdempotency,
    in scope: OrderScope, _ request: HotRequest
  ) {
    let operation = PendingOrder(
      request: request, scope: scope, handler: self, idempotency: idempotency,
      lines: wanted.lines(in: scope.hot), pricing: terms)
    operation.start(node.orders)
  }

  /// Names the key by where it counts, by whom it was used, and itself; salted, since it becomes a part of an id.
  func name(
    of key: UnsafeRawBufferPointer, _ scope: OrderScope, _ request: HotRequest
  ) -> RequestDigest {
    // The cell stands for the tenant: only one cell can be asked for its records at a time, so orders in two
    // cells under one key are two orders, and never one that two cells claim.
    let name = names.name(
      of: key, by: request.principal.user.description, endpoint: Self.endpoint
    ) { $0.append(scope.cell.keys.lease) }
    return IdempotencyDigest.salted(name, with: request.tenant.keySalt)
  }
}
