/// What stands around every answer: data or an error, and the request's id. Readers of answers hand it what
/// they are told of a body.
struct AnswerEnvelope {
  /// What `data` is; nil without.
  private(set) var data: JSONToken.Kind?
  /// Of an error.
  private(set) var code: [UInt8] = []
  private var hasError = false
  private var hasRequestID = false

  /// Whether this is an answer that succeeded, with an object.
  var hasObject: Bool { holds(.object) }

  /// Whether this is an answer that succeeded, with data of a kind.
  func holds(_ kind: JSONToken.Kind) -> Bool { data == kind && !hasError && hasRequestID }

  /// Whether this is an error.
  var isError: Bool { hasError && data == nil && hasRequestID }

  /// Whether this is an error with `code`.
  func isError(_ code: StaticString) -> Bool {
    isError && self.code.withUnsafeBytes { $0.isEqual(to: code) }
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    if depth == 2, name.isEqual(to: "code"), value.kind == .string { code = Array(value.bytes) }
    guard depth == 1 else { return }
    if name.isEqual(to: "data") {
      data = value.kind
    } else if name.isEqual(to: "error") {
      hasError = value.kind == .object
    } else if name.isEqual(to: "request_id") {
      hasRequestID = value.kind == .string && !value.bytes.isEmpty
    }
  }
}
