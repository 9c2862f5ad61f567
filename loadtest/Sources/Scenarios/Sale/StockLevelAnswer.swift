/// What an answer about stock says.
struct StockLevelAnswer: JSONVisitor {
  private(set) var available: Int?
  private(set) var reserved: Int?
  private(set) var sold: Int?
  private var hasMoment = false
  private var envelope = AnswerEnvelope()
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// Stock with all that it must say; nothing of it is below zero.
  var isStock: Bool {
    isWellFormed && envelope.hasObject && hasMoment && available != nil && reserved != nil
      && sold != nil
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    envelope.member(name, value, depth: depth)
    if depth == 2 {
      if name.isEqual(to: "available") {
        available = value.integer
      } else if name.isEqual(to: "reserved") {
        reserved = value.integer
      } else if name.isEqual(to: "sold") {
        sold = value.integer
      } else if name.isEqual(to: "as_of") {
        hasMoment = value.kind == .string && value.bytes.count >= 20
      }
    }
  }
}
