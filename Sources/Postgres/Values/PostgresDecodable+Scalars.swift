extension Bool: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Bool {
    guard field.type == .bool else { throw field.mismatch(Bool.self) }
    return try field.integer(UInt8.self) != 0
  }
}

extension Int64: PostgresDecodable {
  /// Any integer type of the server, or a `numeric` without a fraction.
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Int64 {
    try field.anyInteger()
  }
}

extension Int: PostgresDecodable {
  /// Any integer type of the server, or a `numeric` without a fraction.
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Int {
    Int(try field.anyInteger())
  }
}

extension Int32: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Int32 {
    guard let number = Int32(exactly: try field.anyInteger()) else {
      throw PostgresField.Mismatch("does not fit 32 bits")
    }
    return number
  }
}

extension Int16: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Int16 {
    guard let number = Int16(exactly: try field.anyInteger()) else {
      throw PostgresField.Mismatch("does not fit 16 bits")
    }
    return number
  }
}

extension Double: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Double {
    switch field.type {
    case .float8: Double(bitPattern: try field.integer(UInt64.self))
    case .float4: Double(Float(bitPattern: try field.integer(UInt32.self)))
    default: throw field.mismatch(Double.self)
    }
  }
}

extension String: PostgresDecodable {
  /// Text of any kind, JSON included.
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> String {
    String(decoding: try utf8(of: field), as: UTF8.self)
  }

  static func utf8(
    of field: PostgresField
  ) throws(PostgresField.Mismatch) -> UnsafeRawBufferPointer {
    let bytes = try field.value()
    switch field.type {
    case .text, .varchar, .bpchar, .name, .unknown, .json: return bytes
    case .jsonb where bytes.first == PostgresField.jsonbVersion:
      return UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    default: throw field.mismatch(String.self)
    }
  }
}

extension PostgresUUID: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> PostgresUUID {
    let bytes = try field.value()
    guard field.type == .uuid, bytes.count == 16 else { throw field.mismatch(PostgresUUID.self) }
    return PostgresUUID(bytes: bytes)
  }
}

extension PostgresTimestamp: PostgresDecodable {
  /// A `timestamptz`, or a `timestamp`, which is taken as UTC.
  public static func decode(
    _ field: PostgresField
  ) throws(PostgresField.Mismatch) -> PostgresTimestamp {
    guard field.type == .timestamptz || field.type == .timestamp else {
      throw field.mismatch(PostgresTimestamp.self)
    }
    return PostgresTimestamp(wire: try field.integer(Int64.self))
  }
}
