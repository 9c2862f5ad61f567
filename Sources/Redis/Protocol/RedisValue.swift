/// A reply of the server as a value of its own.
public enum RedisValue: Sendable, Equatable {
  case null
  case integer(Int)
  /// A simple string such as `OK`.
  case status(String)
  /// A bulk string: any bytes.
  case string([UInt8])
  case array([RedisValue])
  /// An error inside an array (`EXEC`); as the whole reply it is thrown instead.
  case error(RedisError)
}

extension RedisValue {
  /// The text of a string or status; invalid UTF-8 is replaced. `nil` for all else.
  public var text: String? {
    switch self {
    case .status(let text): text
    case .string(let bytes): String(decoding: bytes, as: UTF8.self)
    default: nil
    }
  }

  /// The bytes of a string or status; `nil` for all else.
  public var bytes: [UInt8]? {
    switch self {
    case .status(let text): Array(text.utf8)
    case .string(let bytes): bytes
    default: nil
    }
  }

  /// An integer, or a string of decimal digits read as one; `nil` for all else.
  public var integer: Int? {
    switch self {
    case .integer(let number): number
    case .string, .status: text.flatMap { Int($0) }
    default: nil
    }
  }

  /// The elements of an array; `nil` for all else.
  public var array: [RedisValue]? {
    if case .array(let elements) = self { elements } else { nil }
  }

  public var isNull: Bool { self == .null }

  /// The element at `index` of an array; null when there is none.
  public subscript(index: Int) -> RedisValue {
    guard case .array(let elements) = self, elements.indices.contains(index) else { return .null }
    return elements[index]
  }
}
