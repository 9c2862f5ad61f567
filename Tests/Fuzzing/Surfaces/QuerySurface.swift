import EventLoop
import TestSupport

@testable import API

/// What stands behind the question mark of a target.
final class QuerySurface: Surface {
  static let name = "query"
  static let maximumCount = 1024
  static let words = [
    "limit=", "limit=50", "cursor=", "market=KR", "sort=price", "q=", "category=a-b", "at=", "&",
    "&&", "=",
    "==", "+", "%", "%2", "%zz", "%00", "%26", "%3D", "%C3%A9", "%ff", "limit=50&limit=51", ";",
    "?", "a[]=1",
  ]
  private static let names = ["limit", "cursor", "market", "sort", "q", "category", "at", ""]

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let query = input.withUnsafeBytes { QueryReader($0) }
    var outcome = ""
    for name in Self.names {
      switch Self.result({ () throws(APIError) in try query.text(name) }) {
      case .success(nil): continue
      case .success(let text?):
        outcome += name
        try again(name, text)
      case .failure(let error):
        try Breach.unless(error.details["field"]?.string == name, error.details.jsonText)
        outcome += "\(name)!"
      }
    }
    switch Self.result({ () throws(APIError) in try query.limit() }) {
    case .success(let limit):
      try Breach.unless(QueryReader.limits.contains(limit), "a page of \(limit)")
    case .failure(let error):
      try Breach.unless(error.details["field"] == "limit", error.details.jsonText)
      outcome += "limit?"
    }
    return outcome
  }

  private static func result<Value>(
    _ body: () throws(APIError) -> Value
  ) -> Result<Value, APIError> {
    do throws(APIError) { return .success(try body()) } catch { return .failure(error) }
  }

  /// A value that was read, written again in the strictest form, is read as the same.
  private func again(_ name: String, _ text: String) throws(Breach) {
    let written = text.utf8.map { byte in
      "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }.joined()
    let query = Array("\(name)=\(written)".utf8).withUnsafeBytes { QueryReader($0) }
    try Breach.unless((try? query.text(name)) == text, "\(name) is read as another text")
  }
}
