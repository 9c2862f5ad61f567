internal import Domain

/// A response as it is kept for repeats: its status, its own fields and its data, without the id of the
/// request, which each repeat has its own of.
extension APIResponse {
  static let replayed = APIError.Header("Idempotent-Replayed", "true")

  /// Bytes of a response that is kept, by Redis and by the ledger; of a longer one only that it was given.
  static let maximumKept = 65_536

  /// Stands for a response that is longer than what is kept.
  private static let tooLong: JSONValue = ["too_long": true]

  /// What is written down for repeats.
  var kept: [UInt8] {
    let text = saved.json
    return text.count <= Self.maximumKept ? text : Self.tooLong.json
  }

  /// The answer to a repeat, from what was written down.
  ///
  /// - Throws: 409 when the first response was too long to be kept, 503 when this is no saved response.
  static func replay(of kept: [UInt8]) throws(APIError) -> APIResponse {
    let value = kept.withUnsafeBytes { try? JSONValue(json: $0) }
    if value == tooLong {
      throw APIError(
        .conflict,
        details: ["reason": "this was done, with a response too long to be kept"],
        headers: [replayed])
    }
    guard let value, let response = APIResponse(saved: value) else { throw .unavailable }
    return response.asReplay
  }

  private var saved: JSONValue {
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
  private init?(saved value: JSONValue) {
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
