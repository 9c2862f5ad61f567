internal import Domain

/// A response as it is kept for repeats: its status, its own fields and its data, without the id of the
/// request, which each repeat has its own of.
extension APIResponse {
  static let replayed = APIError.Header("Idempotent-Replayed", "true")

  /// Stands for a response that is longer than what is kept.
  static let tooLong: JSONValue = ["too_long": true]

  var saved: JSONValue {
    var object = JSONObject()
    object["status"] = .integer(status)
    object["headers"] = .array(
      headers.filter { $0 != Self.replayed }.map { [.string($0.name), .string($0.value)] })
    switch body {
    case .none: break
    case .data(let data): object["data"] = data
    case .page(let elements, let cursor):
      object["page"] = .array(elements)
      object["next_cursor"] = JSONValue(cursor)
    // What others may keep is read, and reading takes no key.
    case .rendered: preconditionFailure("a rendered answer is not kept for repeats")
    }
    return .object(object)
  }

  /// Nil when the value is no saved response.
  init?(saved value: JSONValue) {
    guard let status = value["status"]?.integer, let fields = value["headers"]?.array else {
      return nil
    }
    var headers: [APIError.Header] = []
    for field in fields {
      guard let pair = field.array, pair.count == 2, let name = pair[0].string,
        let text = pair[1].string
      else { return nil }
      headers.append(APIError.Header(name, text))
    }
    let body: Body
    if let data = value["data"] {
      body = .data(data)
    } else if let page = value["page"]?.array {
      body = .page(page, nextCursor: value["next_cursor"]?.string)
    } else if status == APIResponse.done.status {
      body = .none
    } else {
      return nil
    }
    self.init(status: status, body: body, headers: headers)
  }

  /// The same, marked as given again.
  var asReplay: APIResponse {
    APIResponse(
      status: status, body: body, headers: headers.filter { $0 != Self.replayed } + [Self.replayed])
  }
}
