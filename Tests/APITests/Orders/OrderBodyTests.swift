import Domain
import TestSupport
import Testing

@testable import API

@Suite struct OrderBodyTests {
  private static let sale = "0195d2e0-0000-7000-8000-00000000000a"
  private static let coupon = "0195d2e0-0000-7000-8000-00000000000b"

  private func read(_ text: String) throws(APIError) -> OrderBody {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(APIError) in try OrderBodyReader.read(bytes) }
    }
    return try result.get()
  }

  private func scan(_ text: [UInt8]) -> OrderBody? {
    text.withUnsafeBytes { OrderBodyScanner.scan($0) }
  }

  private func strict(_ text: [UInt8]) -> OrderBody? {
    guard let value = try? JSONValue(json: text), let fields = try? FieldReader(value) else {
      return nil
    }
    return try? OrderBodyReader.read(fields)
  }

  private func refusal(_ text: String) -> String? {
    do {
      _ = try read(text)
      return nil
    } catch {
      return error.details["field"]?.string
    }
  }

  private func line(_ sku: String, _ quantity: String) -> String {
    #"{"sku":"\#(sku)","quantity":\#(quantity)}"#
  }

  private func body(_ lines: [String]) -> String {
    #"{"lines":[\#(lines.joined(separator: ","))]}"#
  }

  @Test func `the usual body is read in place, in any order and spacing`() throws {
    let text = """
       { "market" : "US", "sale_id":"\(Self.sale)" ,
      "coupon_id":"\(Self.coupon)",
      "lines":[ {"quantity": 2 ,"sku":"shoe-42"},{"sku":"a.B_9","quantity":1000} ] }\r\n
      """
    let body = try #require(scan(Array(text.utf8)))
    #expect(body.lines.map(\.sku.description) == ["shoe-42", "a.B_9"])
    #expect(body.lines.map(\.quantity) == [2, 1000])
    #expect(body.sale == Identifier(Self.sale))
    #expect(body.market == Market("US"))
    #expect(body.coupon == Identifier(Self.coupon))
    #expect(strict(Array(text.utf8)) == body)
  }

  @Test func `lines of one SKU are summed where it first stands`() throws {
    let body = try read(body([line("b", "3"), line("a", "1"), line("b", "999")]))
    #expect(body.lines.map(\.sku.description) == ["b", "a"])
    #expect(body.lines.map(\.quantity) == [1002, 1])
  }

  @Test func `a hundred lines are an order, one more is none`() throws {
    let same = (1...100).map { _ in line("a", "1000") }
    #expect(try read(body(same)).lines.map(\.quantity) == [100_000])
    #expect(refusal(body(same + [line("a", "1")])) == "lines")
    let different = (1...50).map { line("s\($0)", "1") }
    #expect(try read(body(different + different)).lines.count == 50)
    #expect(refusal(body(different + [line("s51", "1")])) == "lines")
  }

  @Test func `what is unusual but right is read all the same`() throws {
    let text =
      #"{"lines":[{"sku":"\u0061","quantity":1,"note":null}],"coupon_id":null,"sale_id":null,"x":[1]}"#
    #expect(scan(Array(text.utf8)) == nil)
    let body = try read(text)
    #expect(body.lines == [RequestedLine(sku: SKU("a")!, quantity: 1)])
    #expect(body.sale == nil)
  }

  @Test(arguments: [
    ("", "body"), ("null", "body"), ("[]", "body"), ("{", "body"), (#"{"lines":[]} x"#, "body"),
    ("{}", "lines"), (#"{"lines":null}"#, "lines"), (#"{"lines":{}}"#, "lines"),
    (#"{"lines":[]}"#, "lines"), (#"{"lines":[1]}"#, "lines.0"),
    (#"{"lines":[{}]}"#, "lines.0.sku"),
    (#"{"lines":[{"sku":"a"}]}"#, "lines.0.quantity"),
    (#"{"lines":[{"quantity":1}]}"#, "lines.0.sku"),
    (#"{"lines":[{"sku":"a","quantity":1},{"sku":"","quantity":1}]}"#, "lines.1.sku"),
    (#"{"lines":[{"sku":"a b","quantity":1}]}"#, "lines.0.sku"),
    (#"{"lines":[{"sku":"가","quantity":1}]}"#, "lines.0.sku"),
    (#"{"lines":[{"sku":7,"quantity":1}]}"#, "lines.0.sku"),
    (#"{"lines":[{"sku":"a","quantity":1}],"sale_id":"x"}"#, "sale_id"),
    (#"{"lines":[{"sku":"a","quantity":1}],"sale_id":7}"#, "sale_id"),
    (#"{"lines":[{"sku":"a","quantity":1}],"market":"kr"}"#, "market"),
    (#"{"lines":[{"sku":"a","quantity":1}],"market":"KOR"}"#, "market"),
    (#"{"lines":[{"sku":"a","quantity":1}],"coupon_id":"x"}"#, "coupon_id"),
    (#"{"lines":[{"sku":"a","quantity":1}],"coupon_id":7}"#, "coupon_id"),
    (#"{"lines":[{"sku":"a","quantity":1}],"lines":[]}"#, "body"),
    (#"{"lines":[{"sku":"a","sku":"b","quantity":1}]}"#, "body"),
  ])
  func `a refusal names the field`(text: String, field: String) {
    #expect(refusal(text) == field, "\(text)")
  }

  @Test(arguments: [
    "0", "-1", "-0", "1001", "1e3", "1.0", "0.5", "01", "1e99", "99999999999999999999", "null",
    "true", #""1""#, "[]", "{}",
  ])
  func `a quantity that is none is refused`(quantity: String) {
    let field = refusal(body([line("a", "1"), line("b", quantity)]))
    // What is no JSON is the body's fault.
    #expect(field == (quantity == "01" ? "body" : "lines.1.quantity"), "\(quantity)")
  }

  @Test func `a SKU has 1 to 64 characters`() throws {
    #expect(try read(body([line(String(repeating: "x", count: 64), "1")])).lines.count == 1)
    #expect(refusal(body([line(String(repeating: "x", count: 65), "1")])) == "lines.0.sku")
  }

  @Test func `what the scanner takes, the strict reader takes alike`() {
    var random = SeededGenerator()
    let seeds = [
      #"{"lines":[{"sku":"shoe-42","quantity":2}]}"#,
      #"{"sale_id":"\#(Self.sale)","lines":[{"sku":"a","quantity":1},{"quantity":20,"sku":"b"}]}"#,
      #" { "market":"KR" , "lines" : [ { "sku" : "a" , "quantity" : 100 } ] } "#,
    ].map { Array($0.utf8) }
    let pieces = [
      "\"", "{", "}", "[", "]", ",", ":", " ", "0", "1", "9", "e", ".", "-", "\\", "\u{0}", "a",
      "\"sku\":\"a\"", "\"quantity\":1", "null", "\n", "é",
    ].map { Array($0.utf8) }
    var taken = 0
    for _ in 0..<40_000 {
      var text = seeds.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 0...3, using: &random) {
        let at = Int.random(in: 0...text.count, using: &random)
        switch Int.random(in: 0..<3, using: &random) {
        case 0: text.insert(contentsOf: pieces.randomElement(using: &random)!, at: at)
        case 1 where at < text.count: text.remove(at: at)
        case 2 where at < text.count:
          text.replaceSubrange(at...at, with: pieces.randomElement(using: &random)!)
        default: break
        }
      }
      guard let scanned = scan(text) else { continue }
      taken += 1
      #expect(strict(text) == scanned, "\(String(decoding: text, as: UTF8.self))")
    }
    #expect(taken > 5_000)
  }
}
