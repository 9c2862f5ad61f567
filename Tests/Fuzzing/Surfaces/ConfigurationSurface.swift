import EventLoop
import TestSupport

@testable import API
@testable import Domain
@testable import Services

/// Configuration files, which are JSON: rate policies, rules of markets, key sets. Operators write them,
/// so a mistake must be named and never be a trap.
final class ConfigurationSurface: Surface {
  static let name = "configuration"
  static let words =
    JSONSurface.words + [
      "{\"policies\":[", "\"tenants\":{\"shop\":{\"p\":{", "\"costs\":{\"createOrder\":2}",
      "\"ipv6_prefix\":64",
      "\"name\":\"p\"", "\"scope\":\"user\"", "\"scope\":[\"user\",\"ip\"]", "\"limit\":10",
      "\"window_seconds\":60", "\"burst\":10", "\"classes\":[\"hot\"]",
      "\"routes\":[\"createOrder\"]",
      "\"shadow\":true", "\"on_failure\":\"closed\"", "\"enabled\":false", "{\"markets\":[",
      "\"tenant\":\"shop\"", "\"market\":\"KR\"", "\"currency\":\"KRW\"",
      "\"tax\":{\"rate\":10,\"included\":true}",
      "\"rate\":1e300", "\"rate\":0.01", "\"rate\":0.001",
      "\"shipping\":{\"fee\":3000,\"free_from\":50000}",
      "\"return_days\":7", "\"self_service_refunds\":\"lines\"",
      "\"refund_returns_stock\":false", "\"refund_returns_coupon\":true",
      "\"sellers\":{\"quantity\":100,\"days\":31}", "\"coupon_days\":60",
      "\"utc_offset_minutes\":540",
      "\"rounding\":{\"KRW\":\"half_up\"}", "{\"keys\":[",
      "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"",
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"", "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"",
      "\"y\":\"", "\"d\":\"", "\"use\":\"sig\"", "\"alg\":\"HS256\"",
    ]

  private let routes = [
    RateRoute(name: "createOrder", rateClass: .hot, cost: 1),
    RateRoute(name: "listOrders", rateClass: .read, cost: 1),
  ]

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    var outcome = ""
    do throws(APIError) {
      let settings = try RatePolicyReader.settings(json: input, routes: routes)
      outcome += "rates \(settings.policies.count)"
    } catch {
      outcome += try Self.named(error)
    }
    do throws(APIError) {
      _ = try MarketReader.book(json: input)
      outcome += " markets"
    } catch {
      outcome += try Self.named(error)
    }
    if let ring = try? KeyRing(json: input) {
      outcome += " keys \(ring.keys.count) \(ring.signing != nil)"
      try use(ring)
    }
    return outcome
  }

  /// A ring that was read signs what it verifies.
  private func use(_ ring: KeyRing) throws(Breach) {
    let message = Array("message".utf8)
    for key in ring.keys where key.canSign {
      let signature = message.withUnsafeBytes { key.sign($0) }
      let holds = signature.withUnsafeBytes { signature in
        message.withUnsafeBytes { key.verify(signature, of: $0) }
      }
      try Breach.unless(holds, "key \(key.id) does not verify what it signs")
    }
  }

  private static func named(_ error: APIError) throws(Breach) -> String {
    guard let field = error.details["field"]?.string, !field.isEmpty,
      let reason = error.details["reason"]?.string, !reason.isEmpty
    else { throw Breach("names no field: \(error.details.jsonText)") }
    return " " + field.filter { !$0.isNumber }.prefix(20) + "\(reason.count)"
  }
}
