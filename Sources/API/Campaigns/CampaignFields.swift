internal import Domain

/// Bounds and words of a campaign as the wire has them; those of its terms are the domain's own.
enum CampaignFields {
  /// Characters of the reason of a recall.
  static let reasonLength = 1...200
  /// Minor units of a currency.
  static let amount = 1...1_000_000_000_000
  /// Basis points; the wire has percent.
  static let basisPoints = 1...10_000
  static let currencyPattern = "^([A-Z]{3}|POINT)$"
  static let marketPattern = "^[A-Z]{2}$"
  /// Entries of a list of products, categories or markets.
  static let listLength = 500
  static let entryLength = 1...64
  static let rateLimit = 1...1_000_000
  static let windowSeconds = 1...86_400
  static let rateScopes: [RatePolicy.Scope] = [.user, .campaign]

  enum DiscountType: String, CaseIterable {
    case rate
    case amount
  }

  /// Fields that a change may name.
  static let changeable = [
    "name", "quantity", "per_user_limit", "opens_at", "closes_at", "expires_at", "discount",
    "eligibility", "acknowledge", "rate_policy", "room_id",
  ]
}

extension Field {
  /// A currency's code of ISO 4217, three capital letters, or `POINT`.
  func currency() throws(APIError) -> String {
    guard let text = value.string, Discount.isCurrencyCode(text) else {
      throw refusal("must be a currency such as KRW, or POINT")
    }
    return text
  }

  /// A market's code of ISO 3166-1: two capital letters.
  func market() throws(APIError) -> String {
    guard let text = value.string, text.utf8.count == 2,
      text.utf8.allSatisfy({ (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) })
    else { throw refusal("must be a market such as KR") }
    return text
  }

  /// A percentage with at most two decimals, in basis points.
  func basisPoints(in range: ClosedRange<Int>) throws(APIError) -> Int {
    let percent: Double
    switch value {
    case .integer(let integer): percent = Double(integer)
    case .double(let double): percent = double
    default: throw refusal("must be a number")
    }
    let points = (percent * 100).rounded()
    // Half a hundredth of a basis point: what binary fractions of two decimals may be off by, and less.
    guard abs(points - percent * 100) < 1e-6, let exact = Int(exactly: points) else {
      throw refusal("must have at most two decimals")
    }
    guard range.contains(exact) else {
      throw refusal(
        "must be between \(Double(range.lowerBound) / 100) and \(Double(range.upperBound) / 100)")
    }
    return exact
  }
}
