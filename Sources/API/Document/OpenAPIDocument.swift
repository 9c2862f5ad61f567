internal import Domain

/// The OpenAPI 3.1 document of a set of routes.
public enum OpenAPIDocument {
  /// The version of the API, not of the program.
  static let apiVersion = "1"

  /// The document as JSON.
  public static func make(_ routes: [RouteDescription]) -> JSONValue {
    var paths = JSONObject()
    for route in routes {
      var item = paths[route.pattern]?.object ?? JSONObject()
      item[route.method.description.lowercased()] = OperationObject(route).value
      paths[route.pattern] = .object(item)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Spillway",
        "version": .string(apiVersion),
        "summary": "Sells scarce things to crowds.",
        "description": .string(introduction),
        "license": ["name": "MIT", "identifier": "MIT"],
      ],
      "servers": [["url": "/"]],
      "tags": .array(tags(of: routes)),
      "paths": .object(paths),
      "components": [
        "schemas": .object(schemas(of: routes)),
        "securitySchemes": [
          "accessToken": ["type": "http", "scheme": "bearer", "bearerFormat": "JWT"]
        ],
      ],
    ]
  }

  private static let introduction = """
    JSON with snake_case names; times are RFC 3339 in UTC, ids UUIDs, money \
    `{amount, currency}` in minor units, where `POINT` as the currency counts points. The `Host` of a request decides its tenant. Every answer \
    carries `X-Request-Id`; a request's own, of 1 to 128 visible ASCII characters, is taken over, \
    and so is a W3C `traceparent`. A query parameter without a value counts as not given. Refusals \
    come in the language of `Accept-Language` (en, ko); other texts for people in that of the \
    token's `locale` claim, or else in the same. \
    Where rate policies apply, answers carry the fields of draft-ietf-httpapi-ratelimit-headers-10, \
    one item for each policy, and `X-RateLimit-*` of the tightest; a request beyond one is refused \
    with 429 and `Retry-After`.
    """

  private static func tags(of routes: [RouteDescription]) -> [JSONValue] {
    var seen: Set<String> = []
    return routes.map(\.tag).filter { seen.insert($0).inserted }.map { ["name": .string($0)] }
  }

  private static func schemas(of routes: [RouteDescription]) -> JSONObject {
    var schemas = JSONObject()
    schemas["Error"] = .object(EnvelopeSchema.error.definition)
    for schema in routes.flatMap(\.schemas).flatMap(\.named) {
      let name = schema.name!
      precondition(
        schemas[name] == nil || schemas[name] == .object(schema.definition),
        "two schemas are called \(name)")
      schemas[name] = .object(schema.definition)
    }
    return schemas
  }
}

extension RouteDescription {
  /// All schemas that the route names.
  var schemas: [Schema] {
    var schemas = query.map(\.schema)
    switch body {
    case .none, .empty: break
    case .optional(let schema), .json(let schema): schemas.append(schema)
    }
    for response in responses {
      switch response.content {
      case .none: break
      case .data(let schema), .page(let schema), .plain(_, let schema): schemas.append(schema)
      }
    }
    return schemas
  }
}
