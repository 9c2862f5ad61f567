internal import Domain

/// The form of a JSON value, as JSON Schema 2020-12 (the dialect of OpenAPI 3.1) describes it.
public struct Schema: Sendable, Equatable {
  /// The schema itself; for a named one what the name stands for.
  let definition: JSONObject
  /// The name under which the document lists it once, if it has one.
  let name: String?
  /// Named schemas that the definition refers to, directly or through others.
  let parts: [Schema]

  init(_ definition: JSONObject, name: String? = nil, parts: [Schema] = []) {
    self.definition = definition
    self.name = name
    self.parts = parts
  }

  private init(_ definition: JSONValue, parts: [Schema] = []) {
    self.init(definition.object!, parts: parts)
  }

  /// What stands where the schema is used: the definition, or a reference to it by name.
  var use: JSONValue {
    name.map { ["$ref": .string("#/components/schemas/\($0)")] } ?? .object(definition)
  }

  /// The named schemas among this one and its parts.
  var named: [Schema] { (name == nil ? [] : [self]) + parts }

  /// The same schema, listed once in the document and referred to.
  public func named(_ name: String) -> Schema {
    Schema(definition, name: name, parts: parts)
  }

  /// The same schema with a sentence about what it means.
  public func described(_ text: String) -> Schema { adding("description", .string(text)) }

  /// The same schema with an example.
  public func example(_ value: JSONValue) -> Schema { adding("examples", [value]) }

  private func adding(_ key: String, _ value: JSONValue) -> Schema {
    // Beside a reference further keywords are allowed (JSON Schema 2020-12, section 8.2.3.1).
    var definition = use.object!
    definition[key] = value
    return Schema(definition, parts: named)
  }
}

extension Schema {
  // MARK: Simple values

  public static func text(_ length: ClosedRange<Int>) -> Schema {
    Schema([
      "type": "string", "minLength": .integer(length.lowerBound),
      "maxLength": .integer(length.upperBound),
    ])
  }

  public static let string = Schema(["type": "string"])
  public static let boolean = Schema(["type": "boolean"])
  public static let number = Schema(["type": "number"])
  public static let integer = Schema(["type": "integer", "format": "int64"])
  /// A time in UTC.
  public static let instant = Schema(["type": "string", "format": "date-time"])
  public static let identifier = Schema(["type": "string", "format": "uuid"])

  public static func integer(_ range: ClosedRange<Int>) -> Schema {
    Schema([
      "type": "integer", "format": "int64", "minimum": .integer(range.lowerBound),
      "maximum": .integer(range.upperBound),
    ])
  }

  public static func pattern(_ expression: String) -> Schema {
    Schema(["type": "string", "pattern": .string(expression)])
  }

  public static func oneOf(_ words: [String]) -> Schema {
    Schema(["type": "string", "enum": .array(words.map(JSONValue.string))])
  }

  public static func oneOf<Choice: RawRepresentable & CaseIterable>(
    _ type: Choice.Type
  ) -> Schema where Choice.RawValue == String {
    oneOf(Choice.allCases.map(\.rawValue))
  }

  public static func constant(_ value: JSONValue) -> Schema { Schema(["const": value]) }

  public static let null = Schema(["type": "null"])

  /// The same schema without one of its values.
  public func excluding(_ value: JSONValue) -> Schema { adding("not", ["const": value]) }

  // MARK: Composed values

  public static func list(of element: Schema, limit: Int? = nil) -> Schema {
    var definition = JSONObject()
    definition["type"] = "array"
    definition["items"] = element.use
    definition["maxItems"] = limit.map(JSONValue.integer)
    return Schema(definition, parts: element.named)
  }

  /// A list of that many elements.
  public static func list(of element: Schema, count: ClosedRange<Int>) -> Schema {
    list(of: element, limit: count.upperBound).adding("minItems", .integer(count.lowerBound))
  }

  /// A value of one of these forms.
  public static func any(of forms: Schema...) -> Schema {
    Schema(["anyOf": .array(forms.map(\.use))], parts: forms.flatMap(\.named))
  }

  /// The value or null.
  public var nullable: Schema {
    if name == nil, let type = definition["type"], definition["enum"] == nil {
      var copy = definition
      copy["type"] = [type, "null"]
      return Schema(copy, parts: parts)
    }
    return Schema(["anyOf": [use, ["type": "null"]]], parts: named)
  }

  /// A member of an object.
  public struct Member: Sendable {
    let name: String
    let schema: Schema
    let isRequired: Bool

    public static func required(_ name: String, _ schema: Schema) -> Member {
      Member(name: name, schema: schema, isRequired: true)
    }

    public static func optional(_ name: String, _ schema: Schema) -> Member {
      Member(name: name, schema: schema, isRequired: false)
    }
  }

  public static func object(_ members: [Member]) -> Schema {
    var properties = JSONObject()
    for member in members { properties[member.name] = member.schema.use }
    var definition = JSONObject()
    definition["type"] = "object"
    definition["properties"] = .object(properties)
    let required = members.filter(\.isRequired).map { JSONValue.string($0.name) }
    if !required.isEmpty { definition["required"] = .array(required) }
    return Schema(definition, parts: members.flatMap(\.schema.named))
  }

  /// An object that has no members but these, and those of names that are passed over.
  public static func closed(
    _ members: [Member], passingOver names: [String] = ["app_id"]
  ) -> Schema {
    let ignored = names.map { Member.optional($0, Schema([:]).described("Passed over.")) }
    return object(members + ignored).adding("additionalProperties", false)
  }
}
