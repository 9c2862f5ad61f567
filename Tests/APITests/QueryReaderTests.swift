import Testing

@testable import API

@Suite struct QueryReaderTests {
  private func query(_ text: String) -> QueryReader {
    Array(text.utf8).withUnsafeBytes { QueryReader($0) }
  }

  @Test func `values are decoded`() throws {
    let reader = query("a=1&b=x+y%20z&c=%ED%95%9C&d&e=&=f&g=1=2&%=1")
    #expect(try reader.text("a") == "1")
    #expect(try reader.text("b") == "x y z")
    #expect(try reader.text("c") == "한")
    #expect(try reader.text("d") == nil)
    #expect(try reader.text("e") == nil)
    #expect(try reader.text("g") == "1=2")
    #expect(try reader.text("z") == nil)
  }

  @Test func `a value that is no encoded text is refused by name, not passed over`() throws {
    for value in ["%", "%4", "%zz", "%FF", "%ED%95"] {
      let reader = query("q=\(value)&limit=3")
      let refusal = #expect(throws: APIError.self) { try reader.text("q") }
      #expect(refusal?.details["field"] == "q")
      #expect(try reader.limit() == 3)
    }
  }

  @Test func `limits and cursors are checked by name`() throws {
    #expect(try query("").limit() == QueryReader.defaultLimit)
    #expect(try query("limit=200").limit() == 200)
    for text in ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1&limit=2"] {
      #expect(throws: APIError.self) { try query(text).limit() }
    }
    #expect(try query("cursor=7").cursor(Int.init) == 7)
    #expect(try query("").cursor(Int.init) == nil)
    let refusal = #expect(throws: APIError.self) { try query("cursor=x").cursor(Int.init) }
    #expect(refusal?.details["field"] == "cursor")
  }
}
