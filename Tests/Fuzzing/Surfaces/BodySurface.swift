import EventLoop
import TestSupport

@testable import API
@testable import Domain

/// Request bodies: each text is read by the readers of all routes. What is refused is refused with 400
/// and a field that is named; what is accepted keeps to the bounds of what stores it.
final class BodySurface: Surface {
  static let name = "body"
  static let words =
    JSONSurface.words + [
      "\"lines\":[", "{\"sku\":\"A-1\",\"quantity\":1}", "\"sale_id\":", "\"coupon_id\":",
      "\"market\":\"KR\"",
      "\"0190f5a0-0000-7000-8000-000000000000\"", "\"name\":\"a\"", "\"quantity\":",
      "\"opens_at\":",
      "\"2026-01-31T09:00:00Z\"", "\"9999-12-31T23:59:59.999Z\"", "\"0000-01-01T00:00:00Z\"",
      "\"2026-01-31T09:00:00+23:59\"", "\"closes_at\":", "\"discount\":{", "\"type\":\"rate\"",
      "\"type\":\"amount\"", "\"value\":12.34", "\"value\":1e300", "\"max\":",
      "\"currency\":\"KRW\"", "\"currency\":\"POINT\"",
      "\"eligibility\":{", "\"markets\":[\"KR\"]", "\"products\":[", "\"rate_policy\":{",
      "\"limit\":1",
      "\"window_seconds\":60", "\"scope\":\"user\"", "\"acknowledge\":\"durable\"", "\"items\":[",
      "\"price\":{\"amount\":1,\"currency\":\"KRW\"}", "\"per_user_limit\":1",
      "\"reservation_seconds\":600",
      "\"capacity\":1", "\"rate_per_second\":1", "\"adaptive\":{", "\"bypass\":[",
      "\"target_url\":\"/a\"",
      "\"prices\":[", "\"sale_prices\":[", "\"starts_at\":", "\"ends_at\":", "\"texts\":{\"ko\":{",
      "\"description\":", "\"names\":{\"en\":\"a\"}", "\"parent\":\"a-b\"", "\"position\":1",
      "\"amount\":",
      "\"reason\":\"a\"", "\"ref_type\":\"a\"", "\"ref_id\":\"a\"", "\"expires_at\":", "\"rate\":{",
      "\"numerator\":1", "\"denominator\":1", "\"from\":\"KRW\"", "\"to\":\"USD\"",
      "\"to\":\"POINT\"",
      "\"kind\":\"receipt\"",
      "\"from_location_id\":", "\"to_location_id\":", "\"all\":true", "\"users\":[\"a\"]",
      "\"ticket\":\"a\"",
      "e\u{301}\u{301}\u{301}\u{301}", "👩‍👩‍👧‍👦", "\\u0000", "\u{85}", "\u{2028}",
    ]

  private let readers = BodyReader.all

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let order = try order(input)
    guard let value = try? JSONValue(json: input) else { return "no JSON" }
    let fields: FieldReader
    do throws(APIError) {
      fields = try FieldReader(value)
    } catch {
      try Self.judge(error, of: "body")
      return "no object"
    }
    var outcome = order
    for reader in readers {
      do throws(APIError) {
        try reader.read(fields)
        outcome += " \(reader.name)"
      } catch {
        try Self.judge(error, of: reader.name)
        outcome += " " + Self.kind(error)
      }
    }
    return outcome
  }

  /// The quick reader of orders and the strict one say the same of what both read.
  private func order(_ input: [UInt8]) throws(Breach) -> String {
    let quick = input.withUnsafeBytes { OrderBodyScanner.scan($0) }
    var strict: OrderBody?
    var refusal: APIError?
    do throws(APIError) {
      strict = try Self.strictly(input)
    } catch {
      try Self.judge(error, of: "order")
      refusal = error
    }
    if let quick {
      try Breach.unless(quick == strict, "\(quick), not \(String(describing: strict))")
    }
    return "\(quick != nil) " + (refusal.map(Self.kind) ?? "order")
  }

  private static func strictly(_ input: [UInt8]) throws(APIError) -> OrderBody {
    guard let value = try? JSONValue(json: input) else { throw .invalid("body", "is no JSON") }
    return try OrderBodyReader.read(FieldReader(value))
  }

  private static func judge(_ error: APIError, of reader: String) throws(Breach) {
    try Breach.unless(
      error.code == .invalidArgument && error.status == 400, "\(reader) refuses with \(error.code)")
    guard let field = error.details["field"]?.string, let reason = error.details["reason"]?.string
    else { throw Breach("\(reader) names no field: \(error.details.jsonText)") }
    try Breach.unless(!field.isEmpty && !reason.isEmpty, "\(reader) refuses without a word")
  }

  /// The refusal without positions and names of the input's own.
  private static func kind(_ error: APIError) -> String {
    let field = error.details["field"]?.string ?? ""
    return String(field.filter { !$0.isNumber }.prefix(24))
      + (error.details["reason"]?.string?.count.description ?? "")
  }
}
