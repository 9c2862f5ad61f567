import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct JSONScannerTests {
  private struct Collector: JSONVisitor {
    var members: [String] = []
    mutating func member(_ name: UnsafeRawBufferPointer, _ value: JSONToken, depth: Int) {
      members.append(
        "\(depth) \(String(decoding: name, as: UTF8.self)) \(value.kind) "
          + String(decoding: value.bytes, as: UTF8.self))
    }
  }

  private func scan(_ text: String) -> [String]? {
    var collector = Collector()
    let isValid = Array(text.utf8).withUnsafeBytes { JSONScanner.scan($0, &collector) }
    return isValid ? collector.members : nil
  }

  @Test func `members are told with their depth, inner ones first`() {
    #expect(
      scan(#" {"data": {"n": 12, "s":"a\"b"}, "ok" : true,"l":[1,{"x":null}]} "#) == [
        "2 n number 12", #"2 s string a\"b"#, #"1 data object {"n": 12, "s":"a\"b"}"#,
        "1 ok boolean true", "3 x null null", #"1 l array [1,{"x":null}]"#,
      ])
  }

  @Test(arguments: ["{}", "[]", "1", "-0.5e+3", #""x""#, "null", #"{"a":[[],{}]}"#, #"["é\n"]"#])
  func `well-formed documents pass`(text: String) {
    #expect(scan(text) != nil)
  }

  @Test(arguments: [
    "", " ", "{", "}", "{,}", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "[1,]", "01", "1.", "-", "+1",
    "tru", #""a"#, #""\x""#, #""\u12g4""#, "\"\n\"", "{} {}", "{a:1}", "nul",
  ])
  func `malformed documents are refused`(text: String) {
    #expect(scan(text) == nil)
  }

  @Test func `deep nesting is refused, not followed`() {
    #expect(scan(String(repeating: "[", count: 100_000)) == nil)
    #expect(
      scan(String(repeating: "[", count: 32) + String(repeating: "]", count: 32)) != nil)
  }

  @Test func `random changes never trap`() {
    var generator = SeededGenerator()
    let valid = Array(#"{"data":{"n":12,"s":"a\u00e9b"},"l":[1.5e3,null,true]}"#.utf8)
    for _ in 0..<5000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      _ = scan(String(decoding: bytes, as: UTF8.self))
    }
  }

  @Test func `integers are whole, positive and fit`() {
    func integer(_ text: String) -> Int? {
      Array(text.utf8).withUnsafeBytes { JSONToken(kind: .number, bytes: $0).integer }
    }
    #expect(integer("0") == 0)
    #expect(integer("123456789012345678") == 123_456_789_012_345_678)
    #expect(integer("1234567890123456789") == nil)
    #expect(integer("-1") == nil)
    #expect(integer("1.0") == nil)
  }
}
