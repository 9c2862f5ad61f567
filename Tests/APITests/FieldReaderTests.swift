import Domain
import Testing

@testable import API

@Suite struct FieldReaderTests {
  private enum Color: String, CaseIterable { case red, green }

  private func field(_ value: JSONValue) throws -> Field {
    try FieldReader(["outer": ["f": value]]).required("outer").object().required("f")
  }

  private func refused(_ value: JSONValue, _ read: (Field) throws -> Void) throws -> Bool {
    let field = try field(value)
    do {
      try read(field)
      return false
    } catch let error as APIError {
      return error.code == .invalidArgument && error.details["field"] == "outer.f"
    }
  }

  @Test func `values are read`() throws {
    #expect(try field("abc").text(length: 1...3) == "abc")
    #expect(try field(3).integer(in: 1...3) == 3)
    #expect(try field("green").choice(Color.self) == .green)
    #expect(
      try field("2026-01-31T09:00:00+09:00").instant() == Instant("2026-01-31T00:00:00.000Z"))
    #expect(try field(["a", "b"]).texts(limit: 2, length: 1...1) == ["a", "b"])
  }

  @Test func `what is wrong is refused by its dotted path`() throws {
    for value in ["", "abcd", " a", "a\nb", 1, [], [:]] as [JSONValue] {
      #expect(try refused(value) { _ = try $0.text(length: 1...3) }, "\(value)")
    }
    for value in [0, 4, .double(1.5), "1", true] as [JSONValue] {
      #expect(try refused(value) { _ = try $0.integer(in: 1...3) }, "\(value)")
    }
    #expect(try refused("blue") { _ = try $0.choice(Color.self) })
    for value in ["2026-01-31", "soon", "2026-02-30T00:00:00Z", 1] as [JSONValue] {
      #expect(try refused(value) { _ = try $0.instant() }, "\(value)")
    }
    #expect(try refused(["a", "b", "c"]) { _ = try $0.texts(limit: 2, length: 1...1) })
    #expect(try refused("a") { _ = try $0.texts(limit: 2, length: 1...1) })
  }

  @Test func `a member without a name is named all the same`() throws {
    let error = #expect(throws: APIError.self) {
      try FieldReader(["": 1]).refuseAll(but: ["known"])
    }
    #expect(error?.details["field"] == "\"\"")
  }

  @Test
  func `the length of a text is counted in code points, as the ledger and the document count`()
    throws
  {
    let accents = "e" + String(repeating: "\u{301}", count: 3)
    #expect(accents.count == 1)
    #expect(try refused(.string(accents)) { _ = try $0.text(length: 1...3) })
    #expect(try refused(.string(accents)) { _ = try $0.prose(length: 0...3) })
    #expect(try field(.string(accents)).text(length: 1...4) == accents)
    #expect(try field("셔츠").text(length: 1...2) == "셔츠")
  }

  @Test func `elements of lists are named by their position`() throws {
    let field = try field(["a", 7])
    let error = #expect(throws: APIError.self) { try field.texts(limit: 2, length: 1...1) }
    #expect(error?.details["field"] == "outer.f.1")
    let twice = try self.field(["a", "a"])
    let second = #expect(throws: APIError.self) { try twice.texts(limit: 2, length: 1...1) }
    #expect(second?.details["field"] == "outer.f.1")
  }

  @Test func `absent, null and present members differ in a change`() throws {
    let reader = try FieldReader(["a": nil, "b": 1])
    guard case .absent = reader.change("x"), case .null("a") = reader.change("a"),
      case .value = reader.change("b")
    else {
      Issue.record("a change was misread")
      return
    }
    #expect(reader.optional("a") == nil)
    #expect(throws: APIError.self) { try reader.required("a") }
    #expect(throws: APIError.self) { try reader.required("x") }
    #expect(throws: APIError.self) { try FieldReader([1]) }
  }
}
