internal import Domain
internal import HotPath
internal import Services

/// Orders of those whose admission to the room that stands before the sale has ended.
extension OrderHandler {
  /// Refuses an order unless it is a repeat of one that was placed.
  func repeatOrder(
    _ wanted: OrderBodies.Reading, in scope: OrderScope, _ request: HotRequest
  ) {
    guard request.exchange.isPending, let key = request.idempotencyKey else { return }
    let idempotency = RequestIdempotency(
      key: name(of: key, scope, request), fingerprint: wanted.fingerprint)
    node.loop.spawn { [self] in
      do throws(CheckoutService.Refusal) {
        let isRepeat = try await node.checkout.hasAnswered(
          idempotency, of: request.tenant.id, in: scope)
        guard isRepeat else { return request.refuse(.admissionRequired) }
        // The cell gives the first answer again, or says that the key belongs to another request.
        place(wanted, on: nil, idempotency, in: scope, request)
      } catch {
        request.refuse(.internalRetryable)
      }
    }
  }
}
