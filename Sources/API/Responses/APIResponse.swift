/// The answer of an ordinary route.
public struct APIResponse: Sendable, Equatable {
  public enum Body: Sendable, Equatable {
    /// Nothing to say; with 204.
    case none
    /// `{data, request_id}`
    case data(JSONValue)
    /// `{data: […], next_cursor, request_id}`
    case page([JSONValue], nextCursor: String?)
    /// What was made before; answered without a body to who has it.
    case rendered(RenderedData, CachePolicy)
  }

  public let status: Int
  public let body: Body
  public let headers: [APIError.Header]

  init(status: Int, body: Body, headers: [APIError.Header]) {
    self.status = status
    self.body = body
    self.headers = headers
  }

  public static func data(
    _ data: JSONValue, status: Int = 200, headers: [APIError.Header] = []
  ) -> APIResponse {
    APIResponse(status: status, body: .data(data), headers: headers)
  }

  public static func page(_ elements: [JSONValue], nextCursor: String?) -> APIResponse {
    APIResponse(status: 200, body: .page(elements, nextCursor: nextCursor), headers: [])
  }

  /// Done, and nothing to say.
  static let done = APIResponse(status: 204, body: .none, headers: [])

  /// Data that others may keep and ask for again by its tag.
  static func rendered(_ data: RenderedData, _ policy: CachePolicy) -> APIResponse {
    APIResponse(status: 200, body: .rendered(data, policy), headers: [])
  }
}

extension HotRequest {
  /// Answers with an ordinary route's response.
  func respond(_ response: APIResponse) {
    if case .rendered(let data, let policy) = response.body { return respond(data, policy) }
    if case .none = response.body {
      return send(
        status: response.status, contentType: "",
        headers: { output in
          for header in response.headers { Envelope.append(header.name, header.value, to: output) }
        }, body: { _ in })
    }
    send(status: response.status) { output in
      for header in response.headers { Envelope.append(header.name, header.value, to: output) }
    } body: { output in
      var object = JSONObject()
      switch response.body {
      case .data(let data): object["data"] = data
      case .page(let elements, let cursor):
        object["data"] = .array(elements)
        object["next_cursor"] = JSONValue(cursor)
      case .none, .rendered: break
      }
      object["request_id"] = .string(requestIDText)
      output.append(JSONValue.object(object).json)
    }
  }

  /// Answers with what was rendered, or with 304 who has it already.
  private func respond(_ data: RenderedData, _ policy: CachePolicy) {
    assert(route.description.entityTag == .cached, "\(route.description.pattern) does not say so")
    let isKnown =
      exchange.header(named: "If-None-Match").map { data.matches(ifNoneMatch: $0) } ?? false
    send(
      status: isKnown ? 304 : 200, contentType: isKnown ? "" : "application/json",
      fixed: Envelope.cacheableHeaders
    ) { output in
      Envelope.append("ETag", data.tag, to: output)
      Envelope.append("Cache-Control", policy.control, to: output)
      Envelope.append("Vary", policy.vary, to: output)
    } body: { output in
      guard !isKnown else { return }
      output.append("{")
      output.append(data.members)
      output.append(#","request_id":"#)
      output.append(JSONValue.string(requestIDText).json)
      output.append("}")
    }
  }
}
