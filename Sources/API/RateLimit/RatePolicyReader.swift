public import Domain

/// Reads the rate policies of a configuration file. docs/rate-limits.md describes its form.
public enum RatePolicyReader {
  /// Largest file in bytes.
  public static let maximumCount = 1 << 20

  private enum Names {
    static let settings = ["policies", "tenants", "costs", "ipv6_prefix"]
    static let policy = [
      "name", "scope", "limit", "window_seconds", "burst", "classes", "routes", "shadow",
      "on_failure",
    ]
    static let override = ["limit", "window_seconds", "burst", "shadow", "on_failure", "enabled"]
  }

  /// - Parameter routes: all routes that a policy can be for.
  /// - Throws: ``APIError`` that names the field by its dotted path.
  public static func settings(
    json: [UInt8], routes: [RateRoute]
  ) throws(APIError) -> RateLimitSettings {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(json: json)
    } catch {
      throw .invalid("the file", "is not valid JSON: \(error.reason) at byte \(error.offset)")
    }
    let fields = try FieldReader(value)
    try fields.refuseAll(but: Names.settings)
    let elements = try fields.required("policies").list(limit: RateLimitSettings.Bounds.policies)
    var policies: [RateLimitPolicy] = []
    for element in elements {
      let policy = try self.policy(element, routes)
      guard !policies.contains(where: { $0.name == policy.name }) else {
        throw .invalid("\(element.path).name", "stands twice: \(policy.name)")
      }
      policies.append(policy)
    }
    let settings = RateLimitSettings(
      policies: policies, overrides: try overrides(fields.optional("tenants"), policies),
      costs: try costs(fields.optional("costs"), routes),
      ipv6PrefixLength: try fields.optional("ipv6_prefix")?.integer(
        in: RateLimitSettings.Bounds.ipv6PrefixLength) ?? 64)
    try check(settings, routes)
    return settings
  }

  // MARK: Policies

  private static func policy(
    _ element: Field, _ routes: [RateRoute]
  ) throws(APIError) -> RateLimitPolicy {
    let fields = try element.object()
    try fields.refuseAll(but: Names.policy)
    return RateLimitPolicy(
      name: try name(fields.required("name")), scope: try scope(fields.required("scope")),
      quota: try quota(fields, element, nil), classes: try classes(fields.optional("classes")),
      routes: try self.routes(fields.optional("routes"), routes),
      isShadow: try fields.optional("shadow")?.bool() ?? false,
      onFailure: try fields.optional("on_failure")?.choice() ?? .open)
  }

  private static func name(_ field: Field) throws(APIError) -> String {
    let text = try field.text(length: 1...RateLimitPolicy.maximumNameCount)
    let isPlain = text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
    guard isPlain else { throw field.refusal("must be of a to z, 0 to 9, - and _") }
    guard !RateLimitPolicy.reservedNames.contains(text) else {
      throw field.refusal("is taken: campaigns and sales call their own policies '\(text)'")
    }
    return text
  }

  private enum ScopeWord: String, CaseIterable {
    case user, ip, tenant
    case apiKey = "api_key"
    case endpoint

    var scope: RateLimitPolicy.Scope {
      switch self {
      case .user: .user
      case .ip: .address
      case .tenant: .tenant
      case .apiKey: .apiKey
      case .endpoint: .endpoint
      }
    }
  }

  /// One word, or a list of those that are told apart together.
  private static func scope(_ field: Field) throws(APIError) -> RateLimitPolicy.Scope {
    if field.value.string != nil { return try field.choice(ScopeWord.self).scope }
    let words = try field.list(limit: ScopeWord.allCases.count)
    guard !words.isEmpty else { throw field.refusal("must name one scope at least") }
    var scope = RateLimitPolicy.Scope.tenant
    for word in words {
      let one = try word.choice(ScopeWord.self).scope
      guard one.isEmpty || scope.isDisjoint(with: one) else { throw word.refusal("stands twice") }
      scope.formUnion(one)
    }
    return scope
  }

  /// - Parameter base: what an override leaves as it is.
  private static func quota(
    _ fields: FieldReader, _ element: Field, _ base: RateQuota?
  ) throws(APIError) -> RateQuota {
    let bounds = RateQuota.Bounds.self
    let limit = try (base == nil ? fields.required("limit") : fields.optional("limit"))?.integer(
      in: bounds.limit)
    let window = try
      (base == nil ? fields.required("window_seconds") : fields.optional("window_seconds"))?
      .integer(in: bounds.windowSeconds)
    let burst = try fields.optional("burst")?.integer(in: bounds.burst)
    // A new limit brings its own usual burst; without one, the burst stays.
    let usual = limit ?? base!.burst
    let quota = RateQuota(
      limit: limit ?? base!.limit, windowSeconds: window ?? base!.windowSeconds,
      burst: burst ?? usual)
    guard let quota else {
      throw .invalid(
        "\(element.path).burst",
        "takes longer than \(bounds.recoverySeconds / 86_400) days to come back at this limit")
    }
    return quota
  }

  private static func classes(_ field: Field?) throws(APIError) -> Set<RateClass> {
    var classes: Set<RateClass> = []
    for element in try field?.list(limit: RateClass.allCases.count) ?? [] {
      classes.insert(try element.choice())
    }
    if let field, classes.isEmpty { throw field.refusal("must name one class at least") }
    return classes
  }

  private static func routes(
    _ field: Field?, _ known: [RateRoute]
  ) throws(APIError) -> Set<String> {
    var names: Set<String> = []
    for element in try field?.list(limit: known.count) ?? [] {
      guard let name = element.value.string, known.contains(where: { $0.name == name }) else {
        throw element.refusal(unknownRoute)
      }
      names.insert(name)
    }
    if let field, names.isEmpty { throw field.refusal("must name one route at least") }
    return names
  }

  private static let unknownRoute =
    "must be a route's operationId, as 'spillway openapi' prints them"

  // MARK: Tenants and costs

  private static func overrides(
    _ field: Field?, _ policies: [RateLimitPolicy]
  ) throws(APIError) -> [TenantID: [String: RateLimitPolicy]] {
    guard let field else { return [:] }
    let tenants = try field.object()
    guard tenants.names.count <= RateLimitSettings.Bounds.tenants else {
      throw field.refusal("has too many tenants")
    }
    var overrides: [TenantID: [String: RateLimitPolicy]] = [:]
    for name in tenants.names {
      let element = try tenants.required(name)
      guard let tenant = TenantID(name) else { throw element.refusal("is no name of a tenant") }
      overrides[tenant] = try self.overrides(of: element, policies)
    }
    return overrides
  }

  private static func overrides(
    of tenant: Field, _ policies: [RateLimitPolicy]
  ) throws(APIError) -> [String: RateLimitPolicy] {
    let fields = try tenant.object()
    try fields.refuseAll(but: policies.map(\.name))
    var overrides: [String: RateLimitPolicy] = [:]
    for name in fields.names {
      let element = try fields.required(name)
      let changes = try element.object()
      try changes.refuseAll(but: Names.override)
      var policy = policies.first { $0.name == name }!
      policy.quota = try quota(changes, element, policy.quota)
      if let shadow = changes.optional("shadow") { policy.isShadow = try shadow.bool() }
      if let mode = changes.optional("on_failure") { policy.onFailure = try mode.choice() }
      if let enabled = changes.optional("enabled") { policy.isEnabled = try enabled.bool() }
      overrides[name] = policy
    }
    return overrides
  }

  private static func costs(
    _ field: Field?, _ routes: [RateRoute]
  ) throws(APIError) -> [String: Int] {
    guard let fields = try field?.object() else { return [:] }
    var costs: [String: Int] = [:]
    for name in fields.names {
      let element = try fields.required(name)
      guard routes.contains(where: { $0.name == name }) else { throw element.refusal(unknownRoute) }
      costs[name] = try element.integer(in: RateQuota.Bounds.cost)
    }
    return costs
  }

  // MARK: The whole

  /// What no field is wrong about alone.
  private static func check(
    _ settings: RateLimitSettings, _ routes: [RateRoute]
  ) throws(APIError) {
    for route in routes {
      let cost = settings.cost(of: route)
      for (position, policy) in settings.policies.enumerated() where policy.applies(to: route) {
        try check(policy, "policies.\(position)", route, cost)
      }
      for (tenant, policies) in settings.overrides {
        for policy in policies.values where policy.applies(to: route) {
          try check(policy, "tenants.\(tenant).\(policy.name)", route, cost)
        }
      }
      let most = RateLimitSettings.Bounds.policiesOfRequest
      guard settings.policies.count(where: { $0.applies(to: route) }) <= most else {
        throw .invalid("policies", "more than \(most) are for the route \(route.name)")
      }
    }
  }

  /// A request that costs more than the burst would never be let through.
  private static func check(
    _ policy: RateLimitPolicy, _ path: String, _ route: RateRoute, _ cost: Int
  ) throws(APIError) {
    guard cost > policy.quota.burst else { return }
    throw .invalid(
      "\(path).burst", "must be at least \(cost), the cost of a request for \(route.name)")
  }
}
