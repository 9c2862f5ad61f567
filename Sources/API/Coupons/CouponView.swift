internal import Domain

/// Writes what there is to say of coupons.
enum CouponView {
  /// A refusal that names the coupon and says why it does not go with an order, for programs and people.
  ///
  /// - Parameter offset: minutes that the reader's clock is ahead of UTC.
  static func refusal(
    _ refusal: CouponRefusal, in language: Language, offset: Int
  ) -> APIError {
    var details = JSONObject()
    details["field"] = "coupon_id"
    details["reason"] = .string(refusal.reason)
    details["explanation"] = .string(refusal.explanation(in: language, offset: offset))
    switch refusal {
    case .expired(let instant): details["expired_at"] = "\(instant)"
    case .minimum(let sum): details["min_subtotal"] = JSONValue(sum)
    case .market(let markets): details["markets"] = .array(markets.map(JSONValue.string))
    case .currency(let currency): details["currency"] = .string(currency)
    case .used, .recalled, .goods: break
    }
    return APIError(refusal.code, details: .object(details))
  }
}
