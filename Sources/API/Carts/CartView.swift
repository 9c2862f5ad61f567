internal import Domain
internal import Ledger
internal import Services

/// Writes carts as their holders see them.
enum CartView {
  /// - Parameters:
  ///   - merger: what became of a guest's goods; nil where this request merged nothing.
  ///   - offset: minutes that the reader's clock is ahead of UTC.
  static func cart(
    _ review: CartReview, merger: CartStore.Merger?, in language: Language, offset: Int
  ) -> JSONValue {
    let estimate = review.estimate
    func money(_ amount: Int?) -> JSONValue {
      guard let amount, let currency = estimate?.currency else { return nil }
      return JSONValue(Money(amount: amount, currency: currency))
    }
    let totals = estimate?.totals
    return [
      "market": "\(review.place.market)",
      "sale_id": JSONValue(review.place.scope.sale?.description),
      "version": .integer(review.record.version),
      "items": .array(review.items.map(item)),
      "subtotal": money(totals?.subtotal), "discount": money(totals?.discount),
      "tax": money(totals?.tax), "shipping": money(totals?.shipping),
      "total": money(totals?.total), "included_tax": money(totals?.includedTax),
      "coupon": review.coupon.map { coupon in
        [
          "coupon_id": "\(coupon.id)",
          "eligible": .bool(coupon.refusal == nil),
          "reason": JSONValue(coupon.refusal?.reason),
          "explanation": JSONValue(
            coupon.refusal?.explanation(in: language, offset: offset)),
        ]
      } ?? nil,
      "orderable": .bool(review.isOrderable),
      "merged": merger.map(merged) ?? nil,
      "updated_at": JSONValue(review.record.updatedAt?.description),
      "expires_at": JSONValue(review.record.expiresAt?.description),
    ]
  }

  /// What a merge had no room for, in all carts that it brought goods to.
  static func merged(_ merger: CartStore.Merger) -> JSONValue {
    let left = merger.left.sorted {
      ("\($0.key.market)", "\($0.key.scope)") < ("\($1.key.market)", "\($1.key.scope)")
    }
    return [
      "left_out": .array(
        left.flatMap { place, lines in
          lines.map { line in
            [
              "sku": "\(line.sku)", "quantity": .integer(line.quantity),
              "market": "\(place.market)",
              "sale_id": JSONValue(place.scope.sale?.description),
            ]
          }
        })
    ]
  }

  private static func item(_ review: CartItemReview) -> JSONValue {
    let offer = review.offer
    let hasChanged = review.problems.contains(.priceChanged)
    return [
      "sku": "\(review.item.sku)",
      "product_id": JSONValue(offer?.product),
      "quantity": .integer(review.item.quantity),
      "unit_price": offer.map { JSONValue($0.price) } ?? nil,
      "previous_price": hasChanged ? JSONValue(review.item.price) : nil,
      "total": offer.flatMap { offer in
        review.total.map { JSONValue(Money(amount: $0, currency: offer.price.currency)) }
      } ?? nil,
      "available": .integer(max(0, offer?.available ?? 0)),
      "per_user_limit": JSONValue(offer.flatMap { $0.limit > 0 ? $0.limit : nil }),
      "problems": .array(review.problems.map { .string($0.rawValue) }),
    ]
  }
}
