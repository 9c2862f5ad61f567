/// A Swift type that can be sent as a parameter or as an element of an array, in binary form.
public protocol PostgresEncodable: Sendable {
  static var postgresType: PostgresType { get }
  /// Appends the value's binary form, without a length in front.
  func encode(into bytes: inout [UInt8])
}

extension [UInt8] {
  /// Appends a number, its highest byte first.
  @inline(__always)
  mutating func append<Number: FixedWidthInteger>(bigEndian number: Number) {
    Swift.withUnsafeBytes(of: number.bigEndian) { append(contentsOf: $0) }
  }

  /// Writes a number over the bytes at `offset`, its highest byte first.
  mutating func overwrite<Number: FixedWidthInteger>(bigEndian number: Number, at offset: Int) {
    withUnsafeMutableBytes {
      $0.storeBytes(of: number.bigEndian, toByteOffset: offset, as: Number.self)
    }
  }
}

extension Bool: PostgresEncodable {
  public static var postgresType: PostgresType { .bool }
  public func encode(into bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
}

extension Int16: PostgresEncodable {
  public static var postgresType: PostgresType { .int2 }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int32: PostgresEncodable {
  public static var postgresType: PostgresType { .int4 }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int64: PostgresEncodable {
  public static var postgresType: PostgresType { .int8 }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: self) }
}

extension Int: PostgresEncodable {
  public static var postgresType: PostgresType { .int8 }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: Int64(self)) }
}

extension Double: PostgresEncodable {
  public static var postgresType: PostgresType { .float8 }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: bitPattern) }
}

extension String: PostgresEncodable {
  public static var postgresType: PostgresType { .text }
  public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
}

extension PostgresUUID: PostgresEncodable {
  public static var postgresType: PostgresType { .uuid }
  public func encode(into bytes: inout [UInt8]) {
    bytes.append(bigEndian: high)
    bytes.append(bigEndian: low)
  }
}

extension PostgresTimestamp: PostgresEncodable {
  public static var postgresType: PostgresType { .timestamptz }
  public func encode(into bytes: inout [UInt8]) { bytes.append(bigEndian: wire) }
}

extension [UInt8]: PostgresEncodable {
  public static var postgresType: PostgresType { .bytea }
  public func encode(into bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
}
