import TestSupport
import Testing

@testable import API

@Suite struct JSONTests {
  private func parse(_ text: String) throws -> JSONValue { try JSONValue(json: Array(text.utf8)) }

  @Test func `values are read with their kinds`() throws {
    #expect(
      try parse(#" {"a":[1,-2,3.5,1e3,true,false,null],"b":{"c":"d"}} "#)
        == ["a": [1, -2, .double(3.5), .double(1000), true, false, nil], "b": ["c": "d"]])
    #expect(try parse("9223372036854775807") == .integer(.max))
    #expect(try parse("9223372036854775808") == .double(9223372036854775808))
    #expect(try parse("\"\"") == "")
    #expect(try parse("{}") == [:])
    #expect(try parse("[ ]") == [])
  }

  @Test func `escapes stand for their characters`() throws {
    #expect(try parse(#""\"\\\/\b\f\n\r\t""#) == "\"\\/\u{8}\u{C}\n\r\t")
    #expect(try parse(#""\ud55c\uAE00 \ud83d\ude00""#) == "한글 😀")
  }

  @Test(arguments: [
    "", " ", "{", "[", "[1", "[1,", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "'a'",
    "01", "-", "1.", ".5", "1e", "+1", "1e999", "NaN", "tru", "nul", "True", "1 2", "{} {}",
    "\"", "\"\\\"", "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"",
    "\"a\nb\"", "\"\u{0}\"", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "[1}", "{\"a\":1]",
    "\u{FEFF}{}", "/* */ {}",
  ]) func `what is not strictly JSON is refused`(text: String) {
    #expect(throws: JSONError.self) { try parse(text) }
  }

  @Test func `invalid UTF-8 is refused`() {
    for bytes in [[0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22]] {
      #expect(throws: JSONError.self) { try JSONValue(json: bytes.map { UInt8($0) }) }
    }
  }

  @Test func `a repeated name is found among many`() {
    let members = (0..<100).map { "\"n\($0)\":\($0)" }
    #expect(throws: Never.self) { try parse("{\(members.joined(separator: ","))}") }
    #expect(throws: JSONError.self) {
      try parse("{\((members + ["\"n50\":0"]).joined(separator: ","))}")
    }
  }

  @Test func `depth and number of values are bounded`() {
    let deepest = JSONParser.Bounds.depth
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    #expect(throws: Never.self) { try parse(nested(deepest)) }
    #expect(throws: JSONError.self) { try parse(nested(deepest + 1)) }
    #expect(throws: JSONError.self) { try parse(nested(100_000)) }
    let many = Array(repeating: "0", count: JSONParser.Bounds.values).joined(separator: ",")
    #expect(throws: JSONError.self) { try parse("[\(many)]") }
  }

  @Test func `what is written is read again as the same value`() throws {
    var random = SeededGenerator()
    for _ in 0..<500 {
      let value = Self.value(depth: 0, &random)
      #expect(try JSONValue(json: value.json) == value)
    }
  }

  @Test func `random changes to a text never trap`() throws {
    var random = SeededGenerator()
    let text = Array(#"{"a":[1,2.5e-3,"x\u00e9\ud83d\ude00"],"b":{"c":null,"d":[true,{}]}}"#.utf8)
    for _ in 0..<5_000 {
      var changed = text
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        changed[Int.random(in: 0..<changed.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      if let value = try? JSONValue(json: changed) {
        #expect(try JSONValue(json: value.json) == value)
      }
    }
  }

  private static func value(depth: Int, _ random: inout SeededGenerator) -> JSONValue {
    switch Int.random(in: 0...(depth < 4 ? 6 : 4), using: &random) {
    case 0: return .null
    case 1: return .bool(.random(using: &random))
    case 2: return .integer(.random(in: .min ... .max, using: &random))
    case 3: return .double(Double(Int.random(in: -999...999, using: &random)) + 0.25)
    case 4:
      let scalars = (0..<Int.random(in: 0...6, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 0...0x1_F6FF, using: &random))
      }
      return .string(String(String.UnicodeScalarView(scalars)))
    case 5:
      return .array(
        (0..<Int.random(in: 0...4, using: &random)).map { _ in
          value(depth: depth + 1, &random)
        })
    default:
      var object = JSONObject()
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        object["k\(Int.random(in: 0...99, using: &random))"] = value(depth: depth + 1, &random)
      }
      return .object(object)
    }
  }
}
