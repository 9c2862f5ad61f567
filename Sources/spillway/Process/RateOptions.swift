internal import API
internal import Domain
internal import Foundation

/// Reads the options of rate limits, with errors that name the option.
extension ParsedOptions {
  /// The policies of `--rate-policies`; `nil` for none.
  func rateLimits() throws(UsageError) -> RateLimitSettings? {
    guard let path = text("rate-policies") else { return nil }
    let origin = "\(origin("rate-policies")): \(path)"
    let routes = SpillwayRoutes.table.descriptions.filter(\.needsTenant).map(\.rateRoute)
    let json = try fileBytes(path, origin, atMost: RatePolicyReader.maximumCount)
    do throws(APIError) {
      let settings = try RatePolicyReader.settings(json: json, routes: routes)
      return settings.policies.isEmpty ? nil : settings
    } catch {
      let field = error.details["field"]?.string ?? "the file"
      throw UsageError("\(origin): \(field) \(error.details["reason"]?.string ?? "is wrong")")
    }
  }

  /// `--trusted-proxies` and `--forwarded-header`.
  func trustedProxies() throws(UsageError) -> TrustedProxies {
    let fields = ForwardedEntry.Field.allCases
    let name = try choice("forwarded-header", of: fields.map(\.rawValue))
    var proxies = TrustedProxies(field: fields.first { $0.rawValue == name } ?? .forwardedFor)
    for word in (text("trusted-proxies") ?? "").split(separator: ",") {
      let network = word.trimmingCharacters(in: .whitespaces)
      guard let network = IPNetwork(network) else {
        throw UsageError(
          "\(origin("trusted-proxies")): '\(network)' is no network such as 10.0.0.0/8")
      }
      proxies.networks.append(network)
    }
    return proxies
  }
}
