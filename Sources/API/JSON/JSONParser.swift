/// Why bytes are no JSON that is taken.
public struct JSONError: Error, Equatable, Sendable {
  public let reason: String
  /// Where in the bytes.
  public let offset: Int
}

/// A strict reader of one JSON text (RFC 8259).
///
/// What programs are known to read differently is refused: a name that stands twice in an object,
/// half a surrogate pair, invalid UTF-8, anything behind the value.
struct JSONParser {
  /// How much of the machine a text may take.
  enum Bounds {
    static let depth = 32
    static let values = 20_000
    /// Above this many members a set looks for repeated names, instead of a search.
    static let searchedMembers = 8
  }

  var scanner: JSONScanner
  private var depth = 0
  private var values = 0

  private init(_ bytes: UnsafeRawBufferPointer) { scanner = JSONScanner(bytes) }

  static func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONValue {
    var parser = JSONParser(bytes)
    let value = try parser.value()
    parser.scanner.skipSpace()
    guard parser.scanner.isAtEnd else { throw parser.scanner.error("more follows the value") }
    return value
  }

  private mutating func value() throws(JSONError) -> JSONValue {
    scanner.skipSpace()
    values += 1
    guard values <= Bounds.values else { throw scanner.error("too many values") }
    switch scanner.peek {
    case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try scanner.string())
    case UInt8(ascii: "t"): return try literal("true", .bool(true))
    case UInt8(ascii: "f"): return try literal("false", .bool(false))
    case UInt8(ascii: "n"): return try literal("null", .null)
    case nil: throw scanner.error("the text ends too early")
    default: return try scanner.number()
    }
  }

  private mutating func literal(
    _ word: StaticString, _ value: JSONValue
  ) throws(JSONError) -> JSONValue {
    guard scanner.take(word) else { throw scanner.error("unexpected character") }
    return value
  }

  private mutating func nested(
    _ body: (inout JSONParser) throws(JSONError) -> JSONValue
  ) throws(JSONError) -> JSONValue {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Bounds.depth else { throw scanner.error("nested too deeply") }
    scanner.advance()
    return try body(&self)
  }

  private mutating func array() throws(JSONError) -> JSONValue {
    var elements: [JSONValue] = []
    scanner.skipSpace()
    if scanner.take(UInt8(ascii: "]")) { return .array(elements) }
    while true {
      elements.append(try value())
      scanner.skipSpace()
      if scanner.take(UInt8(ascii: "]")) { return .array(elements) }
      guard scanner.take(UInt8(ascii: ",")) else { throw scanner.error("expected , or ]") }
    }
  }

  private mutating func object() throws(JSONError) -> JSONValue {
    var members: [JSONObject.Member] = []
    var names: Set<String> = []
    scanner.skipSpace()
    if scanner.take(UInt8(ascii: "}")) { return .object(JSONObject()) }
    while true {
      scanner.skipSpace()
      guard scanner.peek == UInt8(ascii: "\"") else { throw scanner.error("expected a name") }
      let name = try scanner.string()
      if members.count == Bounds.searchedMembers { names = Set(members.map(\.name)) }
      let isNew =
        members.count < Bounds.searchedMembers
        ? !members.contains { $0.name == name } : names.insert(name).inserted
      guard isNew else { throw scanner.error("a name stands twice in an object") }
      scanner.skipSpace()
      guard scanner.take(UInt8(ascii: ":")) else { throw scanner.error("expected :") }
      members.append(JSONObject.Member(name: name, value: try value()))
      scanner.skipSpace()
      if scanner.take(UInt8(ascii: "}")) { return .object(JSONObject(unique: members)) }
      guard scanner.take(UInt8(ascii: ",")) else { throw scanner.error("expected , or }") }
    }
  }
}

extension JSONValue {
  /// Reads one JSON text, its whole length.
  public init(json bytes: UnsafeRawBufferPointer) throws(JSONError) {
    self = try JSONParser.parse(bytes)
  }

  public init(json bytes: [UInt8]) throws(JSONError) {
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(JSONError) in try JSONParser.parse(bytes) }
    }
    self = try result.get()
  }
}
