/// A Swift type that a result's field can be read as.
public protocol PostgresDecodable {
  static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Self
  /// Reads an array of this type; the default takes the server's one-dimensional arrays.
  static func decodeArray(_ field: PostgresField) throws(PostgresField.Mismatch) -> [Self]
}

extension PostgresDecodable {
  public static func decodeArray(
    _ field: PostgresField
  ) throws(PostgresField.Mismatch) -> [Self] {
    try field.elements { element throws(PostgresField.Mismatch) in try decode(element) }
  }
}

extension Array: PostgresDecodable where Element: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> [Element] {
    try Element.decodeArray(field)
  }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> Wrapped? {
    field.bytes == nil ? nil : try Wrapped.decode(field)
  }
}

extension UInt8: PostgresDecodable {
  /// The server's one-byte type `"char"`.
  public static func decode(_ field: PostgresField) throws(PostgresField.Mismatch) -> UInt8 {
    guard field.type == .char else { throw field.mismatch(UInt8.self) }
    return try field.integer(UInt8.self)
  }

  /// An array of bytes is a `bytea`, or the text of any type sent as text.
  public static func decodeArray(
    _ field: PostgresField
  ) throws(PostgresField.Mismatch) -> [UInt8] {
    if field.type == .bytea { return [UInt8](try field.value()) }
    return [UInt8](try String.utf8(of: field))
  }
}

extension PostgresField {
  func elements<Element>(
    _ decode: (PostgresField) throws(Mismatch) -> Element
  ) throws(Mismatch) -> [Element] {
    let bytes = try value()
    var position = 0
    func word() throws(Mismatch) -> Int32 {
      guard bytes.count - position >= 4 else { throw Mismatch("is a broken array") }
      defer { position += 4 }
      return Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int32.self))
    }
    // An array's own type decides, for a field of another type could look like one by chance.
    guard type.isArray, bytes.count >= 12 else { throw mismatch([Element].self) }
    let dimensions = try word()
    _ = try word()
    let elementType = PostgresType(identifier: UInt32(bitPattern: try word()))
    if dimensions == 0 { return [] }
    guard dimensions == 1 else { throw Mismatch("has \(dimensions) dimensions") }
    let count = Int(try word())
    _ = try word()
    guard count >= 0, count <= bytes.count / 4 else { throw Mismatch("is a broken array") }
    var all: [Element] = []
    all.reserveCapacity(count)
    for _ in 0..<count {
      let length = Int(try word())
      guard length <= bytes.count - position else { throw Mismatch("is a broken array") }
      let body =
        length < 0 ? nil : UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
      position += max(length, 0)
      all.append(try decode(PostgresField(type: elementType, bytes: body)))
    }
    return all
  }
}

extension PostgresType {
  /// The array types that this layer reads.
  var isArray: Bool {
    switch identifier {
    case 199, 1000, 1001, 1002, 1003, 1005, 1007, 1009, 1014, 1015, 1016, 1022, 1115, 1185, 1231,
      2951, 3807:
      true
    default: false
    }
  }
}
