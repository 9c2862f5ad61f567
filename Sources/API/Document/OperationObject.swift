internal import Domain
internal import HTTP

/// The part of an OpenAPI document that describes one route.
struct OperationObject {
  let value: JSONValue

  init(_ route: RouteDescription) {
    var operation = JSONObject()
    operation["operationId"] = .string(route.operationID)
    operation["summary"] = .string(route.summary)
    operation["tags"] = [.string(route.tag)]
    if let alternatives = route.access.alternatives {
      operation["security"] = [["accessToken": []]]
      operation["x-permissions"] = .array(alternatives[0].names.map(JSONValue.string))
      if alternatives.count > 1 {
        operation["x-permissions-own"] = .array(alternatives[1].names.map(JSONValue.string))
      }
    } else if case .visitor = route.access {
      // An empty requirement: a token is welcome, but nobody needs one.
      operation["security"] = [[:], ["accessToken": []]]
    } else {
      operation["security"] = []
    }
    if route.needsTenant {
      operation["x-rate-class"] = .string(route.rateClass.rawValue)
      operation["x-rate-cost"] = .integer(route.rateCost)
    }
    let parameters = Self.parameters(route)
    if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
    operation["requestBody"] = Self.requestBody(route)
    operation["responses"] = .object(Self.responses(route))
    value = .object(operation)
  }

  // MARK: Parameters

  private static func parameters(_ route: RouteDescription) -> [JSONValue] {
    var parameters = route.captureNames.map {
      parameter($0, in: "path", isRequired: true, .string, nil)
    }
    parameters += route.query.map {
      parameter($0.name, in: "query", isRequired: false, $0.schema, $0.summary)
    }
    if route.isBehindRoom {
      parameters.append(
        parameter(
          "X-Admission-Token", in: "header", isRequired: false, .string,
          "The admission_token of the waiting room, where one stands before this."))
    }
    if route.idempotency != .none {
      parameters.append(
        parameter(
          "X-Idempotency-Key", in: "header", isRequired: route.idempotency == .required,
          .text(1...IdempotencyKey.maximumCount),
          "Names the intention: sent again, it gives the first answer again, for 24 hours at least. "
            + "Idempotency-Key is accepted too."))
    }
    switch route.entityTag {
    case .none, .version: break
    case .cached:
      parameters.append(
        parameter(
          "If-None-Match", in: "header", isRequired: false, .string,
          "The ETag of an answer that the client has: while it is the same, 304 comes in its place."
        ))
    case .condition:
      parameters.append(
        parameter(
          "If-Match", in: "header", isRequired: false, .string,
          "The ETag that is to be changed: another version is refused with 409 CONFLICT."))
    }
    parameters.append(
      parameter(
        "Accept-Language", in: "header", isRequired: false, .string,
        "The language of what people read: ko, or en by default. A token's locale goes before it, "
          + "but for refusals."
      ))
    return parameters
  }

  private static func parameter(
    _ name: String, in place: String, isRequired: Bool, _ schema: Schema, _ summary: String?
  ) -> JSONValue {
    var parameter = JSONObject()
    parameter["name"] = .string(name)
    parameter["in"] = .string(place)
    parameter["required"] = .bool(isRequired)
    parameter["description"] = summary.map(JSONValue.string)
    parameter["schema"] = schema.use
    return .object(parameter)
  }

  private static func requestBody(_ route: RouteDescription) -> JSONValue? {
    switch route.body {
    case .none: nil
    case .empty: ["required": false, "content": json(.object([]))]
    case .optional(let schema): ["required": false, "content": json(schema)]
    case .json(let schema): ["required": true, "content": json(schema)]
    }
  }

  private static func json(_ schema: Schema) -> JSONValue {
    ["application/json": ["schema": schema.use]]
  }

  // MARK: Responses

  private static func responses(_ route: RouteDescription) -> JSONObject {
    var responses = JSONObject()
    for response in route.responses {
      responses[String(response.status)] = successful(response, of: route)
    }
    var codes: [Int: [String]] = [:]
    for code in route.allErrors { codes[code.status, default: []].append(code.rawValue) }
    if route.takesBody { codes[415, default: []].append("INVALID_ARGUMENT") }
    for status in serverRefusals where codes[status] == nil {
      codes[status] = ["INVALID_ARGUMENT"]
    }
    for (status, words) in codes.sorted(by: { $0.key < $1.key }) {
      // An answer that the route itself describes for the status stands.
      if responses[String(status)] == nil {
        responses[String(status)] = refusal(status, words, of: route)
      }
    }
    return responses
  }

  /// What the server itself refuses on any route: malformed, too slow, a body, a target or a head
  /// beyond its limits.
  private static let serverRefusals = [
    HTTPProtocolError.badRequest(.requestLine), .headTimedOut, .bodyTooLarge, .targetTooLong,
    .headTooLarge,
  ].map(\.status)

  private static func successful(
    _ response: RouteDescription.Response, of route: RouteDescription
  ) -> JSONValue {
    var object = JSONObject()
    object["description"] = .string(response.summary)
    var headers = JSONObject()
    headers["X-Request-Id"] = header(.string)
    if route.idempotency != .none { headers["Idempotent-Replayed"] = header(.constant("true")) }
    if route.entityTag != .none { headers["ETag"] = header(.string) }
    if route.entityTag == .cached {
      headers["Cache-Control"] = header(.string)
      headers["Vary"] = header(.string)
    }
    if let cookie = route.cookie { headers["Set-Cookie"] = setCookie(cookie) }
    if route.needsTenant { addRateHeaders(to: &headers) }
    object["headers"] = .object(headers)
    switch response.content {
    case .none: break
    case .data(let schema): object["content"] = json(EnvelopeSchema.data(schema))
    case .page(let schema): object["content"] = json(EnvelopeSchema.page(of: schema))
    case .plain(let mediaType, let schema):
      var content = JSONObject()
      content[mediaType] = ["schema": schema.use]
      object["content"] = .object(content)
    }
    return .object(object)
  }

  private static func refusal(
    _ status: Int, _ codes: [String], of route: RouteDescription
  ) -> JSONValue {
    var headers = JSONObject()
    headers["X-Request-Id"] = header(.string)
    if status == 401 { headers["WWW-Authenticate"] = header(.string) }
    if status == 429 || status == 503 || codes.contains("IDEMPOTENCY_IN_PROGRESS") {
      headers["Retry-After"] = header(.integer)
    }
    if status == 409, route.entityTag == .condition { headers["ETag"] = header(.string) }
    if status == 429 { addRateHeaders(to: &headers) }
    return [
      "description": .string(codes.joined(separator: ", ")),
      "headers": .object(headers),
      "content": json(EnvelopeSchema.error),
    ]
  }

  /// The fields are there where a rate policy applies; which do is a matter of configuration.
  private static func addRateHeaders(to headers: inout JSONObject) {
    for name in RateHeaders.names {
      headers[name] = header(name.hasPrefix("X-") ? .integer : .string)
    }
  }

  private static func setCookie(_ name: String) -> JSONValue {
    [
      "description": .string("Only where the cookie \(name) is set or taken away."),
      "schema": Schema.string.use,
    ]
  }

  private static func header(_ schema: Schema) -> JSONValue { ["schema": schema.use] }
}
