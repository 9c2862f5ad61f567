internal import Domain
internal import Foundation

/// How a campaign's nested parts are kept in `jsonb` columns.
enum CampaignDocuments {
  struct DiscountDocument: Codable {
    var type: String
    var value: Int
    var currency: String?
    var maximum: Int?
  }

  struct EligibilityDocument: Codable {
    var products: [String]?
    var categories: [String]?
    var markets: [String]?
    var minimumSubtotal: Int?
  }

  struct RatePolicyDocument: Codable {
    var limit: Int
    var windowMilliseconds: Int
    var burst: Int
    var scope: String
  }

  static func encode(_ discount: Discount) -> String {
    switch discount {
    case .rate(let basisPoints, let maximum, let currency):
      text(
        DiscountDocument(
          type: "rate", value: basisPoints, currency: currency, maximum: maximum))
    case .amount(let amount, let currency):
      text(DiscountDocument(type: "amount", value: amount, currency: currency))
    }
  }

  static func discount(_ text: String) -> Discount? {
    guard let document = value(DiscountDocument.self, text) else { return nil }
    return switch (document.type, document.currency) {
    case ("rate", let currency):
      .rate(basisPoints: document.value, maximum: document.maximum, currency: currency)
    case ("amount", let currency?): .amount(document.value, currency: currency)
    default: nil
    }
  }

  static func encode(_ eligibility: Eligibility) -> String {
    text(
      EligibilityDocument(
        products: eligibility.products, categories: eligibility.categories,
        markets: eligibility.markets, minimumSubtotal: eligibility.minimumSubtotal))
  }

  static func eligibility(_ text: String) -> Eligibility? {
    value(EligibilityDocument.self, text).map {
      Eligibility(
        products: $0.products ?? [], categories: $0.categories ?? [], markets: $0.markets ?? [],
        minimumSubtotal: $0.minimumSubtotal)
    }
  }

  static func encode(_ policy: RatePolicy) -> String {
    text(
      RatePolicyDocument(
        limit: policy.limit, windowMilliseconds: policy.windowMilliseconds, burst: policy.burst,
        scope: policy.scope.rawValue))
  }

  static func ratePolicy(_ text: String) -> RatePolicy? {
    guard let document = value(RatePolicyDocument.self, text),
      let scope = RatePolicy.Scope(rawValue: document.scope)
    else { return nil }
    return RatePolicy(
      limit: document.limit, windowMilliseconds: document.windowMilliseconds,
      burst: document.burst, scope: scope)
  }

  private static func text(_ document: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.outputFormatting = .sortedKeys
    // Structures of integers and strings: encoding them cannot fail.
    let data = (try? encoder.encode(document)) ?? Data("{}".utf8)
    return String(decoding: data, as: UTF8.self)
  }

  private static func value<Document: Decodable>(_ type: Document.Type, _ text: String) -> Document?
  {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return try? decoder.decode(type, from: Data(text.utf8))
  }
}
