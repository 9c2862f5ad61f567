/// A JSON value (RFC 8259), with whole numbers kept exact.
public enum JSONValue: Sendable, Equatable {
  case null
  case bool(Bool)
  /// A number without fraction and exponent that fits.
  case integer(Int)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object(JSONObject)
}

/// The members of a JSON object in their order; no name stands twice.
public struct JSONObject: Sendable, Equatable {
  /// One name and its value.
  public struct Member: Sendable, Equatable {
    public let name: String
    public var value: JSONValue

    public init(name: String, value: JSONValue) {
      self.name = name
      self.value = value
    }
  }

  public private(set) var members: [Member]

  public init() { members = [] }

  /// The caller vouches that no name stands twice.
  init(unique members: [Member]) { self.members = members }

  /// No name may stand twice.
  init(_ members: [(String, JSONValue)]) {
    self.members = members.map { Member(name: $0, value: $1) }
  }

  /// The value of a member; setting `nil` takes it out, setting a new name puts it last.
  public subscript(name: String) -> JSONValue? {
    get { members.first { $0.name == name }?.value }
    set {
      let position = members.firstIndex { $0.name == name }
      switch (position, newValue) {
      case (let position?, let value?): members[position].value = value
      case (let position?, nil): members.remove(at: position)
      case (nil, let value?): members.append(Member(name: name, value: value))
      case (nil, nil): break
      }
    }
  }

  public var names: [String] { members.map(\.name) }
  public var isEmpty: Bool { members.isEmpty }
}

extension JSONValue {
  /// The members, if it is an object.
  public var object: JSONObject? {
    if case .object(let object) = self { object } else { nil }
  }

  /// The elements, if it is an array.
  public var array: [JSONValue]? {
    if case .array(let array) = self { array } else { nil }
  }

  /// The text, if it is a string.
  public var string: String? {
    if case .string(let string) = self { string } else { nil }
  }

  /// The number, if it is a whole one.
  public var integer: Int? {
    if case .integer(let integer) = self { integer } else { nil }
  }

  /// The member of that name, if it is an object that has one.
  public subscript(name: String) -> JSONValue? { object?[name] }

  /// A string, or null.
  public init(_ text: String?) { self = text.map(JSONValue.string) ?? .null }

  /// A whole number, or null.
  public init(_ integer: Int?) { self = integer.map(JSONValue.integer) ?? .null }
}

extension JSONValue: ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral,
  ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .integer(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
  public init(nilLiteral: ()) { self = .null }

  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    var object = JSONObject()
    for (name, value) in elements { object[name] = value }
    self = .object(object)
  }
}
