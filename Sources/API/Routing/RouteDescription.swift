public import Domain
public import HTTP

/// Everything that is known of a route without running it. The router, the permission checks, the
/// OpenAPI document and the metric labels derive from it.
public struct RouteDescription: Sendable {
  /// Who may call.
  public enum Access: Sendable, Equatable {
    case anyone
    /// A user of the tenant whose roles give all of these; none for any user.
    case permission(PermissionSet)
    /// A user of the tenant whose roles give all of the first; or all of the second, for what is the user's
    /// own: the handler looks at ``RequestContext/owner``.
    case scoped(PermissionSet, own: PermissionSet)
    /// Anyone without a token, and any user of the tenant with one.
    case visitor

    /// The sets of permissions of which one must be given in full; nil where nobody has to show any.
    var alternatives: [PermissionSet]? {
      switch self {
      case .anyone, .visitor: nil
      case .permission(let needed): [needed]
      case .scoped(let needed, let own): [needed, own]
      }
    }

    /// Whether somebody with these permissions may call.
    func admits(_ permissions: PermissionSet) -> Bool {
      alternatives?.contains { permissions.isSuperset(of: $0) } ?? true
    }
  }

  /// What becomes of `X-Idempotency-Key`.
  public enum Idempotency: Sendable, Equatable {
    /// The field means nothing.
    case none
    case optional
    case required
  }

  /// What the answers' `ETag` is for.
  public enum EntityTag: Sendable, Equatable {
    /// There is none.
    case none
    /// Others may keep the answer: `If-None-Match` with its tag is answered 304.
    case cached
    /// It is the version of what is shown.
    case version
    /// It is the version, and `If-Match` asks for one: another one is refused with 409 `CONFLICT`.
    case condition
  }

  /// On which ports the route is found.
  public enum Listener: Sendable, Equatable {
    /// With the API; not on a separate operations port.
    case `public`
    /// On the operations port where there is one, else with the API.
    case operations
    case everywhere
  }

  /// What a request carries.
  public enum Body: Sendable {
    /// Nothing that is looked at.
    case none
    /// Nothing, or a JSON object that means nothing.
    case empty
    /// Nothing, or a JSON object of this form.
    case optional(Schema)
    case json(Schema)
  }

  /// One successful outcome.
  public struct Response: Sendable {
    public let status: Int
    public let summary: String
    public let content: Content

    public init(_ status: Int, _ summary: String, _ content: Content) {
      self.status = status
      self.summary = summary
      self.content = content
    }

    /// The form of the body.
    public enum Content: Sendable {
      case none
      /// `{data, request_id}`
      case data(Schema)
      /// `{data: […], next_cursor, request_id}`
      case page(Schema)
      /// A body without the envelope.
      case plain(mediaType: String, Schema)
    }
  }

  public let method: HTTPMethod
  /// A path whose captures stand in braces.
  public let pattern: String
  /// A name that is the route's own, in lower camel case.
  public let operationID: String
  public let summary: String
  /// The group that the document lists it under.
  public let tag: String
  public let access: Access
  public let idempotency: Idempotency
  public let body: Body
  public let query: [QueryParameter]
  public let responses: [Response]
  /// Refusals besides those that access, body and idempotency bring with them.
  public let errors: [ErrorCode]
  public let listener: Listener
  /// Whether the host must be a tenant's. Operations routes need none, and come under no rate policy.
  public let needsTenant: Bool
  /// What kind of route rate policies take it for.
  public let rateClass: RateClass
  /// Units that a request takes from each rate policy, where the configuration has no other number.
  public let rateCost: Int
  /// Whether a waiting room may stand before the route: `X-Admission-Token` then lets in.
  public let isBehindRoom: Bool
  public let entityTag: EntityTag
  /// The name of the cookie that an answer may set or take away; nil for none.
  public let cookie: String?

  /// A parameter behind the question mark.
  public struct QueryParameter: Sendable {
    public let name: String
    public let summary: String
    public let schema: Schema

    public init(_ name: String, _ summary: String, _ schema: Schema) {
      self.name = name
      self.summary = summary
      self.schema = schema
    }
  }

  public init(
    _ method: HTTPMethod, _ pattern: String, id: String, summary: String, tag: String,
    access: Access, idempotency: Idempotency = .none, body: Body = .none,
    query: [QueryParameter] = [], responses: [Response], errors: [ErrorCode] = [],
    listener: Listener = .public, needsTenant: Bool = true, rateClass: RateClass? = nil,
    rateCost: Int = 1, isBehindRoom: Bool = false, entityTag: EntityTag = .none,
    cookie: String? = nil
  ) {
    self.method = method
    self.pattern = pattern
    operationID = id
    self.summary = summary
    self.tag = tag
    self.access = access
    self.idempotency = idempotency
    self.body = body
    self.query = query
    self.responses =
      responses
      + (entityTag == .cached
        ? [Response(304, "The same as what If-None-Match names.", .none)] : [])
    self.errors = errors
    self.listener = listener
    self.needsTenant = needsTenant
    self.isBehindRoom = isBehindRoom
    self.entityTag = entityTag
    self.cookie = cookie
    self.rateClass = rateClass ?? Self.usualRateClass(method, pattern)
    self.rateCost = rateCost
  }

  private static func usualRateClass(_ method: HTTPMethod, _ pattern: String) -> RateClass {
    if isOperators(pattern) { return .admin }
    return method == .get || method == .head ? .read : .write
  }

  private static func isOperators(_ pattern: String) -> Bool {
    pattern.hasPrefix("/v1/admin/") || pattern.hasPrefix("/internal/")
  }

  /// The names of the pattern's captures, in order.
  public var captureNames: [String] {
    pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map {
      String($0.dropFirst().dropLast())
    }
  }

  /// Whether the route changes something on an operator's behalf, and is therefore always logged.
  public var isAdministration: Bool {
    method != .get && Self.isOperators(pattern)
  }
}

extension RouteDescription {
  /// All codes that the route may refuse with, in the order of ``ErrorCode``.
  public var allErrors: [ErrorCode] {
    var codes = Set(errors)
    codes.insert(.internalRetryable)
    if needsTenant { codes.formUnion([.notFound, .rateLimited]) }
    if let alternatives = access.alternatives {
      codes.insert(.unauthorized)
      if !alternatives.contains([]) { codes.insert(.forbidden) }
    }
    if case .visitor = access { codes.insert(.unauthorized) }
    if isBehindRoom { codes.insert(.admissionRequired) }
    if idempotency != .none { codes.formUnion([.idempotencyKeyReuse, .idempotencyInProgress]) }
    if takesBody || idempotency != .none || !query.isEmpty { codes.insert(.invalidArgument) }
    return ErrorCode.allCases.filter(codes.contains)
  }

  /// The route as rate policies see it.
  public var rateRoute: RateRoute {
    RateRoute(name: operationID, rateClass: rateClass, cost: rateCost)
  }

  /// Whether a request body is read.
  public var takesBody: Bool {
    if case .none = body { false } else { true }
  }
}
