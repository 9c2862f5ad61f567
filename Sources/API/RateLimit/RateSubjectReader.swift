internal import Domain
internal import HotPath
internal import Services

/// Reads whose requests an operator asks about: exactly what the policy tells apart.
enum RateSubjectReader {
  private static let names: [(name: String, scope: RateLimitPolicy.Scope)] = [
    ("user", .user), ("ip", .address), ("api_key", .apiKey), ("endpoint", .endpoint),
  ]

  static func subject(
    _ fields: FieldReader, of policy: RateLimitPolicy, by limiter: RateLimiter
  ) throws(APIError) -> RateSubject {
    for (name, scope) in names where !policy.scope.contains(scope) {
      if let field = fields.optional(name) {
        throw field.refusal("is not what this policy tells requests apart by")
      }
    }
    var subject = RateSubject()
    if policy.scope.contains(.user) { subject.user = try user(fields.required("user")) }
    if policy.scope.contains(.address) {
      subject.address = limiter.counted(try address(fields.required("ip")))
    }
    if policy.scope.contains(.apiKey) { subject.apiKey = try key(fields.required("api_key")) }
    if policy.scope.contains(.endpoint) {
      subject.endpoint = try endpoint(fields.required("endpoint"), policy)
    }
    return subject
  }

  private static func user(_ field: Field) throws(APIError) -> String {
    guard let text = field.value.string, let user = UserID(text) else {
      throw field.refusal("must be a user's name")
    }
    return user.description
  }

  private static func address(_ field: Field) throws(APIError) -> IPAddress {
    guard let text = field.value.string, let address = IPAddress(text) else {
      throw field.refusal("must be an address of IPv4 or IPv6")
    }
    return address
  }

  private static func key(_ field: Field) throws(APIError) -> String {
    let text = try field.text(length: RateSubjectSchema.keyLength)
    return Array(text.utf8).withUnsafeBytes { RateLimiter.digest(ofAPIKey: $0) }
  }

  private static func endpoint(
    _ field: Field, _ policy: RateLimitPolicy
  ) throws(APIError) -> String {
    let routes = SpillwayRoutes.table.descriptions.filter(\.needsTenant).map(\.rateRoute)
    guard let text = field.value.string,
      routes.contains(where: { $0.name == text && policy.applies(to: $0) })
    else { throw field.refusal("must be the operationId of a route that the policy is for") }
    return text
  }
}
