import EventLoop
import TestSupport

@testable import API
@testable import Domain

/// Where a page of a list begins: the texts that clients hand back, and any others.
final class CursorSurface: Surface {
  static let name = "cursor"
  static let maximumCount = 512
  static let words = [
    "price", "newest", "popularity", "price.", ".", "..", "-", "+",
    "0190f5a0-0000-7000-8000-000000000000",
    "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", "shop-KR", "{", "}", ":", "%2e", "%", "&cursor=", "=",
    "_",
  ]

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let text = String(decoding: input, as: UTF8.self)
    var outcome: [String] = []
    if let cursor = CatalogCursor(text) {
      try Breach.unless(cursor.description == text, "\(cursor) is read from another text")
      outcome.append("catalog \(cursor.sort)")
    }
    if let id = Identifier(text) {
      try Breach.unless(Identifier(id.description) == id, "\(id) is not read again")
      try Breach.unless(id.description == text.lowercased(), "\(id) is read from another text")
      outcome.append("id")
    }
    if let sku = SKU(text) {
      try Breach.unless(sku.description == text, "\(sku) is read from another text")
      outcome.append("sku")
    }
    if let cell = CellName(text) {
      try Breach.unless(cell.description == text, "\(cell) is read from another text")
      outcome.append("cell")
    }
    outcome.append(try query(input))
    return outcome.joined(separator: " ")
  }

  /// As it comes in a query: what is read was in the text, and what is refused is named.
  private func query(_ input: [UInt8]) throws(Breach) -> String {
    let query = (Array("cursor=".utf8) + input).withUnsafeBytes { QueryReader($0) }
    do throws(APIError) {
      let cursor = try query.cursor { CatalogCursor($0) }
      return cursor == nil ? "absent" : "present"
    } catch {
      try Breach.unless(
        error.details["field"] == "cursor", "a refusal of \(error.details.jsonText)")
      return "refused"
    }
  }
}
