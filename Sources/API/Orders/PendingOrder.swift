internal import Domain
internal import EventLoop
internal import HotPath
internal import Services

/// An order that waits for its cell, and then perhaps for the ledger; it writes the answer.
final class PendingOrder: ReserveOperation {
  private let request: HotRequest
  private let scope: OrderScope
  private let handler: OrderHandler
  /// When the request came, where a rate policy holds it.
  private let rateMark: ResourceRate.Mark?
  /// What the terms say, where they are not the scope's.
  private let pricing: OrderTerms?

  /// - Parameter pricing: what `terms` say; nil for those of the scope.
  init(
    request: HotRequest, scope: OrderScope, handler: OrderHandler,
    idempotency: RequestIdempotency, lines: [Line], pricing: OrderTerms?
  ) {
    self.request = request
    self.scope = scope
    self.handler = handler
    rateMark = scope.rate?.mark(at: request.exchange.startedAt)
    self.pricing = pricing
    let word = pricing?.description
    precondition(word.map { OrderTermsWord.isValid($0.utf8) } ?? true, "terms are one word")
    super.init(
      sale: scope.hot, user: request.principal.user.description, idempotency: idempotency,
      lines: lines, terms: word ?? scope.termsWord)
  }

  override var isWaiting: Bool { request.exchange.isPending }

  override var needsReplicas: Bool { scope.acknowledgement == .hot }

  /// Refuses the order from memory, or has its cell decide.
  func start(_ service: OrderService) {
    if let known = service.knownRefusal(scope, user) {
      tell(known.allowance, isRefused: true)
      refuse(.rateLimited(retryAfterMilliseconds: known.milliseconds))
    } else {
      service.reserve(scope, self)
    }
  }

  override func ended(_ outcome: ReserveOutcome) {
    if case .decided(let decision, _, let rate?) = outcome {
      if case .rateLimited(let wait) = decision {
        if let rateMark { scope.rate?.refused(user, waitMilliseconds: wait, since: rateMark) }
        tell(rate, isRefused: true)
      } else {
        tell(rate, isRefused: false)
      }
    }
    switch outcome {
    case .decided(.granted(let reservation), let position, _):
      acknowledge(reservation, isReplay: false, position)
    case .decided(.replayed(let reservation), let position, _):
      acknowledge(reservation, isReplay: true, position)
    case .decided(let refusal, _, _): refuse(refusal)
    case .unavailable: request.refuse(.internalRetryable)
    }
  }

  // MARK: Refusals

  private func tell(_ allowance: RateAllowance, isRefused: Bool) {
    if let rate = scope.rate { request.tell(allowance, of: rate, isRefused: isRefused) }
  }

  private func refuse(_ decision: ReserveDecision) {
    switch decision {
    case .short(let shortages):
      request.refuse(
        .soldOut, details: { OrderWriter.write(shortages, of: self.lines, to: $0) })
    case .limitReached(let line, let limit, let has):
      let sku = lines[line].stock.sku
      request.refuse(
        .limitReached, details: { OrderWriter.write(sku, limit: limit, has: has, to: $0) })
    case .unknownSKUs(let unknown):
      let skus = unknown.map { lines[$0].stock.sku }
      request.refuse(.notFound, details: { OrderWriter.writeUnknown(skus, to: $0) })
    case .mixedCurrencies:
      request.refuse(.invalid("lines", "must all have prices in one currency"))
    case .notOpen(let instant):
      request.refuse(
        .notOpen,
        details: { output in
          output.append(#"{"opens_at":""#)
          output.append(instant)
          output.append(#""}"#)
        })
    case .rateLimited(let wait):
      request.refuse(.rateLimited, retryAfter: max(1, (wait + 999) / 1000))
    case .closed: request.refuse(.closed)
    case .keyReused: request.refuse(.idempotencyKeyReuse)
    // The ledger knows the sale, or its stock is on its way: the cell is about to know as well.
    case .unknownSale, .notReady: request.refuse(.internalRetryable)
    case .granted, .replayed: preconditionFailure("a reservation is no refusal")
    }
  }

  // MARK: Reservations

  private func acknowledge(
    _ reservation: Reservation, isReplay: Bool, _ position: StreamPosition?
  ) {
    guard scope.acknowledgement == .ledger, let position else {
      if let position {
        handler.node.payments.reserved(
          reservation.order, in: scope, at: position, isNew: !isReplay)
      }
      return respond(reservation, isReplay: isReplay)
    }
    let isTaken = scope.cell.ledger.whenReached(position) { [self] in
      respond(reservation, isReplay: isReplay)
    }
    if !isTaken { request.refuse(.internalRetryable) }
  }

  private func respond(_ reservation: Reservation, isReplay: Bool) {
    // A replay has the terms of the first order.
    let content = handler.texts.text(of: reservation, lines, in: scope) {
      reservation.terms == self.terms ? pricing ?? scope.terms : OrderTerms(reservation.terms)
    }
    guard let content else { return request.refuse(.internalRetryable) }
    request.respond(
      status: 201,
      headers: { if isReplay { $0.append("Idempotent-Replayed: true\r\n") } },
      data: { output in
        OrderWriter.write(
          reservation, content: content, acknowledgement: scope.acknowledgement, to: output)
      })
  }
}
