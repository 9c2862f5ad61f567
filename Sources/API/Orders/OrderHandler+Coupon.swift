internal import Domain
internal import HotPath
internal import Services

/// Orders with a coupon: it is looked at before the cell is asked.
extension OrderHandler {
  func place(
    _ wanted: OrderBodies.Reading, with coupon: Identifier, _ idempotency: RequestIdempotency,
    in scope: OrderScope, _ request: HotRequest
  ) async {
    do throws(CheckoutService.Refusal) {
      let terms = try await node.checkout.terms(
        with: coupon, of: request.principal.user, tenant: request.tenant.id,
        for: wanted.body.lines, in: scope)
      place(wanted, on: terms, idempotency, in: scope, request)
    } catch {
      switch error {
      case .unknownCoupon:
        request.refuse(.notFound, details: { $0.append(#"{"field":"coupon_id"}"#) })
      case .unavailable: request.refuse(.internalRetryable)
      case .coupon(let refusal):
        await refuse(refusal, wanted, idempotency, in: scope, request)
      }
    }
  }

  /// Refuses an order whose coupon does not go with it, unless it is a repeat of one that was placed
  /// while the coupon still did.
  private func refuse(
    _ refusal: CouponRefusal, _ wanted: OrderBodies.Reading, _ idempotency: RequestIdempotency,
    in scope: OrderScope, _ request: HotRequest
  ) async {
    do throws(CheckoutService.Refusal) {
      let isRepeat = try await node.checkout.hasAnswered(
        idempotency, of: request.tenant.id, in: scope)
      // The cell gives the first answer again, or says that the key belongs to another request.
      if isRepeat {
        return place(wanted, on: nil, idempotency, in: scope, request)
      }
    } catch {
      return request.refuse(.internalRetryable)
    }
    let offset = node.markets.rules(of: request.tenant.id, in: scope.market)?.utcOffset ?? 0
    request.refuse(CouponView.refusal(refusal, in: request.readerLanguage, offset: offset))
  }
}
