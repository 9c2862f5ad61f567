import EventLoop
import TestSupport

@testable import API

/// JSON texts: one that is read is written, and what was written is read as the same.
final class JSONSurface: Surface {
  static let name = "json"
  static let words = [
    "{", "}", "[", "]", "\"", ":", ",", "null", "true", "false", "\\u0000", "\\ud83d\\ude00",
    "\\ud83d",
    "\\udc00", "\\n", "\\", "\\x", "{\"a\":", "\"a\"", "\"\":", "[[[[[[[[", "]]]]]]]]",
    "{\"a\":{\"a\":", "-",
    "1.5", "1e308", "5e-324", "1.7976931348623157e308", "0.1e1", " ", "\t", "//", "NaN", "Infinity",
    "'a'",
  ]

  init(loop: EventLoop) {}

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let value: JSONValue
    do throws(JSONError) {
      value = try JSONValue(json: input)
    } catch {
      try Breach.unless((0...input.count).contains(error.offset), "an offset outside the text")
      return error.reason
    }
    let text = value.json
    let again = try read(text)
    try Breach.unless(again == value, "another value is read from what was written")
    try Breach.unless(again.json == text, "another text is written of the same value")
    let canonical = value.canonical
    try Breach.unless(canonical.canonical == canonical, "the canonical form has another one")
    let canonicalText = canonical.json
    try Breach.unless(
      try read(canonicalText).canonical.json == canonicalText, "the canonical text has another one")
    return Self.shape(value, depth: 3)
  }

  private func read(_ text: [UInt8]) throws(Breach) -> JSONValue {
    do throws(JSONError) {
      return try JSONValue(json: text)
    } catch {
      throw Breach("what was written is not read: \(error)")
    }
  }

  private static func shape(_ value: JSONValue, depth: Int) -> String {
    switch value {
    case .null: "n"
    case .bool: "b"
    case .integer: "i"
    case .double: "d"
    case .string: "s"
    case .array(let elements):
      "[" + (depth == 0 ? "" : elements.prefix(3).map { shape($0, depth: depth - 1) }.joined())
        + "]"
    case .object(let object):
      "{"
        + (depth == 0
          ? "" : object.members.prefix(3).map { shape($0.value, depth: depth - 1) }.joined()) + "}"
    }
  }
}
