/// One value of a result in binary form. Valid as long as its `PostgresRows`.
public struct PostgresField {
  public let type: PostgresType
  /// The bytes; `nil` for null.
  public let bytes: UnsafeRawBufferPointer?

  static let jsonbVersion: UInt8 = 1

  /// Why a field is not what was asked for.
  public struct Mismatch: Error {
    public let reason: String
    public init(_ reason: String) { self.reason = reason }
  }

  /// The bytes of a field that must not be null.
  public func value() throws(Mismatch) -> UnsafeRawBufferPointer {
    guard let bytes else { throw Mismatch("is null") }
    return bytes
  }

  func mismatch(_ wanted: Any.Type) -> Mismatch {
    Mismatch("has type \(type.identifier), which is not read as \(wanted)")
  }

  /// The field as a number of its own width.
  func integer<Number: FixedWidthInteger>(_ type: Number.Type) throws(Mismatch) -> Number {
    let bytes = try value()
    guard bytes.count == MemoryLayout<Number>.size else {
      throw Mismatch("has \(bytes.count) bytes")
    }
    return Number(bigEndian: bytes.loadUnaligned(as: Number.self))
  }

  /// Any of the server's integer types, or a whole `numeric`.
  func anyInteger() throws(Mismatch) -> Int64 {
    switch type {
    case .int8: try integer(Int64.self)
    case .int4: Int64(try integer(Int32.self))
    case .int2: Int64(try integer(Int16.self))
    case .numeric: try wholeNumeric()
    default: throw mismatch(Int64.self)
    }
  }

  /// Digits to the base 10,000, the first with the weight given (`numeric_send` in `numeric.c`).
  private func wholeNumeric() throws(Mismatch) -> Int64 {
    let bytes = try value()
    guard bytes.count >= 8, bytes.count % 2 == 0 else { throw Mismatch("is a broken numeric") }
    func word(_ index: Int) -> UInt16 {
      UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: index * 2, as: UInt16.self))
    }
    let count = Int(word(0))
    let weight = Int(Int16(bitPattern: word(1)))
    let sign = word(2)
    guard sign == 0 || sign == 0x4000, bytes.count == 8 + count * 2, weight < 5,
      count <= max(weight, -1) + 1
    else { throw Mismatch("is not a whole number of 64 bits") }
    // Built up on the negative side, which reaches one further.
    var number: Int64 = 0
    for index in 0..<(max(weight, -1) + 1) {
      let digit = index < count ? Int64(word(4 + index)) : 0
      let (product, tooLarge) = number.multipliedReportingOverflow(by: 10_000)
      let (difference, alsoTooLarge) = product.subtractingReportingOverflow(digit)
      if tooLarge || alsoTooLarge { throw Mismatch("does not fit 64 bits") }
      number = difference
    }
    if sign != 0 { return number }
    guard number != .min else { throw Mismatch("does not fit 64 bits") }
    return -number
  }
}
