internal import Domain
internal import Services

/// Says refusals of the cart's service in the terms of the API.
enum CartRefusals {
  /// - Parameters:
  ///   - sku: the SKU that was asked for, and how many pieces, where one was.
  static func refusing<Result>(
    _ sku: (SKU, Int)? = nil, _ body: () async throws(CartService.Refusal) -> Result
  ) async throws(APIError) -> Result {
    do throws(CartService.Refusal) {
      return try await body()
    } catch {
      throw refusal(error, sku)
    }
  }

  private static func refusal(_ refusal: CartService.Refusal, _ wish: (SKU, Int)?) -> APIError {
    let name = JSONValue.string(wish.map { "\($0.0)" } ?? "")
    switch refusal {
    case .unknownCoupon: return APIError(.notFound, details: ["field": "coupon_id"])
    case .notSold: return APIError(.notFound, details: ["skus": [name]])
    case .changed(let version):
      return APIError(
        .conflict, details: ["field": "If-Match", "version": .integer(version)],
        headers: [APIError.Header("ETag", CartVersions.tag(version))])
    case .unavailable: return .unavailable
    case .goods(.full):
      return APIError(
        .limitReached, details: ["field": "items", "limit": .integer(CartBounds.items)])
    case .goods(.short(let available)):
      return APIError(
        .soldOut,
        details: [
          "skus": [
            [
              "sku": name, "requested": JSONValue(wish?.1), "available": .integer(available),
            ]
          ]
        ])
    case .goods(.limit(let limit, let has)):
      return APIError(
        .limitReached, details: ["sku": name, "limit": .integer(limit), "has": .integer(has)])
    case .goods(.otherCurrency):
      return .invalid("sku", "has a price in another currency than what is in the cart")
    }
  }
}
