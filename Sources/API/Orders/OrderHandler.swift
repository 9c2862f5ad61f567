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
  private var identifiers = IdentifierGenerator(random: FastRandom())
  private let names = IdempotencyNames()

  init(node: Node) { self.node = node }

  func handle(_ request: HotRequest) {
    let body: OrderBody
    do throws(APIError) {
      body = try OrderBodyReader.read(request.exchange.body)
    } catch {
      return request.refuse(error)
    }
    if let sale = body.sale { find(sale, body, request) } else { findOpenStock(body, request) }
  }

  // MARK: Where it is decided

  private func find(_ sale: Identifier, _ body: OrderBody, _ request: HotRequest) {
    switch node.saleDirectory.find(sale, of: request.tenant.id) {
    case .known(let entry): pass(body, to: entry.scope, request)
    case .absent: refuseUnknownSale(request)
    case .unread:
      node.loop.spawn { [self] in
        do {
          guard let entry = try await node.saleDirectory.load(sale, of: request.tenant.id) else {
            return refuseUnknownSale(request)
          }
          pass(body, to: entry.scope, request)
        } catch {
          request.refuse(.internalRetryable)
        }
      }
    }
  }

  private func refuseUnknownSale(_ request: HotRequest) {
    request.refuse(.notFound, details: { $0.append(#"{"field":"sale_id"}"#) })
  }

  private func findOpenStock(_ body: OrderBody, _ request: HotRequest) {
    let market =
      body.market ?? request.principal.market.flatMap { Market($0) }
      ?? Market(request.tenant.defaultMarket)
    guard let market else { return refuseUnsold(body, request) }
    switch node.openStock.find(market, of: request.tenant.id) {
    case .known(let scope): order(body, in: scope, request)
    case .absent: refuseUnsold(body, request)
    case .unread:
      node.loop.spawn { [self] in
        do {
          guard let scope = try await node.openStock.load(market, of: request.tenant.id) else {
            return refuseUnsold(body, request)
          }
          order(body, in: scope, request)
        } catch {
          request.refuse(.internalRetryable)
        }
      }
    }
  }

  /// Nothing is sold in the market.
  private func refuseUnsold(_ body: OrderBody, _ request: HotRequest) {
    request.refuse(.notFound, details: { OrderWriter.writeUnknown(body.lines.map(\.sku), to: $0) })
  }

  // MARK: The order

  @inline(__always)
  private func pass(_ body: OrderBody, to scope: OrderScope, _ request: HotRequest) {
    guard scope.room != nil else { return order(body, in: scope, request) }
    request.pass(scope.room, node.admission) { [self] in order(body, in: scope, request) }
  }

  private func order(_ body: OrderBody, in scope: OrderScope, _ request: HotRequest) {
    guard request.exchange.isPending, let key = request.idempotencyKey else { return }
    if let market = body.market, market != scope.market {
      return request.refuse(.invalid("market", "is not the sale's, which is \(scope.market)"))
    }
    let idempotency = idempotency(key, body, scope, request)
    guard let coupon = body.coupon else {
      return place(body, scope.terms, scope.termsWord, idempotency, in: scope, request)
    }
    node.loop.spawn { [self] in
      await place(body, with: coupon, idempotency, in: scope, request)
    }
  }

  /// Asks the cell for an order that is priced by `terms`, whose word is `word`.
  @inline(__always)
  func place(
    _ body: OrderBody, _ terms: OrderTerms, _ word: String, _ idempotency: RequestIdempotency,
    in scope: OrderScope, _ request: HotRequest
  ) {
    let lines = body.lines.map {
      ReserveOperation.Line(stock: scope.hot.stock($0.sku), quantity: $0.quantity)
    }
    let operation = PendingOrder(
      request: request, scope: scope, payments: node.payments,
      order: identifiers.next(at: node.clock.now()), idempotency: idempotency, lines: lines,
      pricing: terms, terms: word)
    node.orders.reserve(scope, operation)
  }

  /// Names the key and what it is for. A SKU has no space and no line end in it.
  private func idempotency(
    _ key: UnsafeRawBufferPointer, _ body: OrderBody, _ scope: OrderScope, _ request: HotRequest
  ) -> RequestIdempotency {
    // The cell stands for the tenant: only one cell can be asked for its records at a time, so orders in two
    // cells under one key are two orders, and never one that two cells claim.
    names.identity(
      of: key, by: request.principal.user.description, endpoint: Self.endpoint
    ) { scopeName in
      scopeName.append(scope.cell.keys.lease)
    } request: { canonical in
      if let sale = scope.sale { canonical.append(sale) }
      for line in body.lines {
        canonical.append(UInt8(ascii: "\n"))
        canonical.append(line.sku.description)
        canonical.append(UInt8(ascii: " "))
        canonical.append(decimal: line.quantity)
      }
      // No line of goods begins like this: a SKU has no space in it, nor are there two in a line.
      if let coupon = body.coupon {
        canonical.append("\ncoupon  ")
        canonical.append(coupon)
      }
    }
  }
}
