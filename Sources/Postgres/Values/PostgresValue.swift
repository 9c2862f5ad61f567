/// A parameter of a statement, sent in binary form with its type.
public enum PostgresValue: Sendable, Hashable {
  /// A null; the type matters only where the server cannot infer it.
  case null(PostgresType = .unspecified)
  case bool(Bool)
  case int2(Int16)
  case int4(Int32)
  case int8(Int64)
  case float8(Double)
  case text(String)
  case bytea([UInt8])
  case uuid(PostgresUUID)
  case timestamptz(PostgresTimestamp)
  /// JSON text for a `json` parameter.
  case json(String)
  /// JSON text for a `jsonb` parameter.
  case jsonb(String)
  case array(PostgresArray)

  /// An array parameter of `elements`, none of them null.
  public static func array<Element: PostgresEncodable>(
    _ elements: some Collection<Element>
  ) -> PostgresValue {
    .array(PostgresArray(elements))
  }

  /// An array parameter of `elements`, `nil` as null.
  public static func array<Element: PostgresEncodable>(
    _ elements: some Collection<Element?>
  ) -> PostgresValue {
    .array(PostgresArray(elements))
  }

  /// `value`, or a null of its type.
  public static func optional<Value: PostgresEncodable>(_ value: Value?) -> PostgresValue {
    guard let value else { return .null(Value.postgresType) }
    return switch value {
    case let value as Bool: .bool(value)
    case let value as Int16: .int2(value)
    case let value as Int32: .int4(value)
    case let value as Int64: .int8(value)
    case let value as Int: .int8(Int64(value))
    case let value as Double: .float8(value)
    case let value as String: .text(value)
    case let value as PostgresUUID: .uuid(value)
    case let value as PostgresTimestamp: .timestamptz(value)
    case let value as [UInt8]: .bytea(value)
    default: preconditionFailure("\(Value.self) has no scalar parameter")
    }
  }

  var type: PostgresType {
    switch self {
    case .null(let type): type
    case .bool: .bool
    case .int2: .int2
    case .int4: .int4
    case .int8: .int8
    case .float8: .float8
    case .text: .text
    case .bytea: .bytea
    case .uuid: .uuid
    case .timestamptz: .timestamptz
    case .json: .json
    case .jsonb: .jsonb
    case .array(let array): array.type
    }
  }

  /// Appends the binary form; false for a null, which has none.
  func encode(into bytes: inout [UInt8]) -> Bool {
    switch self {
    case .null: return false
    case .bool(let value): value.encode(into: &bytes)
    case .int2(let value): value.encode(into: &bytes)
    case .int4(let value): value.encode(into: &bytes)
    case .int8(let value): value.encode(into: &bytes)
    case .float8(let value): value.encode(into: &bytes)
    case .text(let value), .json(let value): value.encode(into: &bytes)
    case .bytea(let value): value.encode(into: &bytes)
    case .uuid(let value): value.encode(into: &bytes)
    case .timestamptz(let value): value.encode(into: &bytes)
    case .jsonb(let value):
      bytes.append(PostgresField.jsonbVersion)
      value.encode(into: &bytes)
    case .array(let array): bytes.append(contentsOf: array.bytes)
    }
    return true
  }
}

extension PostgresValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral, ExpressibleByNilLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int64) { self = .int8(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(floatLiteral value: Double) { self = .float8(value) }
  public init(nilLiteral: ()) { self = .null() }
}
