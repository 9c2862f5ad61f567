/// What an answer about stock says.
struct StockLevelAnswer: JSONVisitor {
  private(set) var available: Int?
  private(set) var reserved: Int?
  private(set) var sold: Int?
  private var hasMoment = false
  private var hasData = false
  private var hasRequestID = false
  private var isWellFormed = false

  init(of body: UnsafeRawBufferPointer) { isWellFormed = JSONScanner.scan(body, &self) }

  /// Stock with all that it must say; nothing of it is below zero.
  var isStock: Bool {
    isWellFormed && hasData && hasRequestID && hasMoment && available != nil && reserved != nil
      && sold != nil
  }

  mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
    if depth == 1 {
      if name.isEqual(to: "data") { hasData = value.kind == .object }
      if name.isEqual(to: "request_id") { hasRequestID = value.kind == .string }
    } else if depth == 2 {
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
