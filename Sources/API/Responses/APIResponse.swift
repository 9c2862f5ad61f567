/// The answer of an ordinary route.
public struct APIResponse: Sendable, Equatable {
  public enum Body: Sendable, Equatable {
    /// `{data, request_id}`
    case data(JSONValue)
    /// `{data: […], next_cursor, request_id}`
    case page([JSONValue], nextCursor: String?)
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
}

extension HotRequest {
  /// Answers with an ordinary route's response.
  func respond(_ response: APIResponse) {
    send(status: response.status) { output in
      for header in response.headers { Envelope.append(header.name, header.value, to: output) }
    } body: { output in
      var object = JSONObject()
      switch response.body {
      case .data(let data): object["data"] = data
      case .page(let elements, let cursor):
        object["data"] = .array(elements)
        object["next_cursor"] = JSONValue(cursor)
      }
      object["request_id"] = .string(requestIDText)
      output.append(JSONValue.object(object).json)
    }
  }
}
