internal import Domain
internal import HTTP
internal import HotPath
internal import Services

/// Where somebody stands under a rate policy of the installation, and giving somebody's charges back.
///
/// Both take the subject in their body: an API key has no place in a URL, which logs keep.
enum RateSubjectRoutes {
  static let all: [Route<Node>] = [peek, refund]

  private static let peek = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/rate-policies/{policy}/peek", id: "peekRatePolicy",
      summary: "Where a subject stands under a rate policy.", tag: tag,
      access: .permission(.cellRead), body: .json(RateSubjectSchema.subject),
      responses: [
        .init(
          200, "What would be let through now; nothing was charged.",
          .data(RateSubjectSchema.standing))
      ])
  ) { node in
    .ordinary { context throws(APIError) in
      let (limiter, policy) = try found(context, node)
      let subject = try RateSubjectReader.subject(context.fields(), of: policy, by: limiter)
      return .data(
        view(
          policy,
          try await refusing { () async throws(RateLimiter.Refusal) in
            try await limiter.peek(subject, policy: policy.name, of: context.tenant.id)
          }))
    }
  }

  private static let refund = Route<Node>(
    RouteDescription(
      .post, "/v1/admin/rate-policies/{policy}/refund", id: "refundRatePolicy",
      summary: "Give a subject units of a rate policy back, at most up to its full burst.",
      tag: tag, access: .permission(.settingsWrite), idempotency: .optional,
      body: .json(RateSubjectSchema.refund),
      responses: [
        .init(
          200, "Where the subject stands now. Other nodes may refuse it for two seconds more.",
          .data(RateSubjectSchema.standing))
      ])
  ) { node in
    .ordinary { context throws(APIError) in
      let (limiter, policy) = try found(context, node)
      let fields = try context.fields()
      let subject = try RateSubjectReader.subject(fields, of: policy, by: limiter)
      let units = try fields.optional("units")?.integer(in: 1...policy.quota.burst) ?? 1
      return .data(
        view(
          policy,
          try await refusing { () async throws(RateLimiter.Refusal) in
            try await limiter.refund(
              subject, policy: policy.name, of: context.tenant.id, cost: units)
          }))
    }
  }

  private static let tag = "Rate policies"

  /// The policy that the path names, as it applies to the tenant.
  private static func found(
    _ context: RequestContext, _ node: Node
  ) throws(APIError) -> (RateLimiter, RateLimitPolicy) {
    guard let limiter = node.rateLimiter,
      let policy = limiter.terms(of: context.parameter("policy"), for: context.tenant.id)
    else { throw .notFound }
    return (limiter, policy)
  }

  private static func view(_ policy: RateLimitPolicy, _ line: RateLine) -> JSONValue {
    [
      "policy": .string(policy.name),
      "limit": .integer(policy.quota.limit),
      "window_seconds": .integer(policy.quota.windowSeconds),
      "burst": .integer(policy.quota.burst),
      "shadow": .bool(policy.isShadow),
      "remaining": .integer(line.remaining),
      "reset_seconds": .integer(line.resetSeconds),
    ]
  }
}

extension RateLimiter.Refusal: WireRefusal {
  var onWire: APIError {
    switch self {
    case .unknownPolicy: .notFound
    case .unavailable: .unavailable
    }
  }
}
