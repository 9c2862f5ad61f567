/// The envelope of an answer of the catalogue.
struct BrowseAnswer: JSONVisitor {
  private var envelope = AnswerEnvelope()
  private var hasCursor = false
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// A product, or a page with its cursor.
  func isAnswer(_ kind: JSONToken.Kind) -> Bool {
    isWellFormed && envelope.holds(kind) && hasCursor == (kind == .array)
  }

  /// An error in its envelope.
  func isError(_ code: StaticString) -> Bool {
    isWellFormed && envelope.isError(code)
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    envelope.member(name, value, depth: depth)
    if depth == 1, name.isEqual(to: "next_cursor") {
      hasCursor = value.kind == .string || value.kind == .null
    }
  }
}
