internal import Domain

/// A resource's rate policy as the wire has it.
enum RatePolicyFields {
  static let limit = 1...1_000_000
  static let windowSeconds = 1...86_400

  /// - Parameters:
  ///   - requests: what is counted, in the plural.
  ///   - scopes: whose requests may be counted together.
  static func schema(of requests: String, scopes: [RatePolicy.Scope]) -> Schema {
    Schema.object([
      .required("limit", Schema.integer(limit).described("\(requests) a window.")),
      .required("window_seconds", .integer(windowSeconds)),
      .optional(
        "burst", Schema.integer.described("\(requests) at once; the limit by default.")),
      .optional("scope", Schema.oneOf(scopes.map(\.rawValue)).described("user by default.")),
    ])
  }

  static func view(_ policy: RatePolicy) -> JSONValue {
    [
      "limit": .integer(policy.limit),
      "window_seconds": .integer(policy.windowMilliseconds / 1000),
      "burst": .integer(policy.burst),
      "scope": .string(policy.scope.rawValue),
    ]
  }
}

extension Field {
  /// A rate policy.
  ///
  /// - Parameter scopes: those that the resource knows.
  func ratePolicy(scopes: [RatePolicy.Scope]) throws(APIError) -> RatePolicy {
    let fields = try object()
    let limit = try fields.required("limit").integer(in: RatePolicyFields.limit)
    let window = try fields.required("window_seconds").integer(in: RatePolicyFields.windowSeconds)
    return RatePolicy(
      limit: limit, windowMilliseconds: window * 1000,
      burst: try fields.optional("burst")?.integer(in: 1...limit) ?? limit,
      scope: try fields.optional("scope")?.scope(among: scopes) ?? .user)
  }

  private func scope(among scopes: [RatePolicy.Scope]) throws(APIError) -> RatePolicy.Scope {
    guard let text = value.string, let scope = scopes.first(where: { $0.rawValue == text }) else {
      throw refusal("must be one of: \(scopes.map(\.rawValue).joined(separator: ", "))")
    }
    return scope
  }
}
