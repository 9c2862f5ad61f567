/// The envelope of an answer of the catalogue.
struct BrowseAnswer: JSONVisitor {
  private var data: JSONToken.Kind?
  private var hasError = false
  private var hasRequestID = false
  private var hasCursor = false
  private var isWellFormed = false
  private var code: [UInt8] = []

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// A product, or a page with its cursor.
  func isAnswer(_ kind: JSONToken.Kind) -> Bool {
    isWellFormed && !hasError && hasRequestID && data == kind && hasCursor == (kind == .array)
  }

  /// An error in its envelope.
  func isError(_ code: StaticString) -> Bool {
    isWellFormed && hasError && data == nil && hasRequestID
      && self.code.withUnsafeBytes { $0.isEqual(to: code) }
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
    } else if name.isEqual(to: "next_cursor") {
      hasCursor = value.kind == .string || value.kind == .null
    }
  }
}
