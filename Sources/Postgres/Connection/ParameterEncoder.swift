/// Lays out the parameters of one statement as libpq wants them. One a connection, reused.
final class ParameterEncoder {
  /// The server's protocol counts parameters in 16 bits.
  static let maximumCount = 65_535
  /// All parameters of one statement together; the server refuses messages of 1 GiB.
  static let maximumBytes = 256 << 20
  /// Memory that is kept between statements.
  private static let keptBytes = 1 << 20

  private var bytes: [UInt8] = []
  private var offsets: [Int] = []
  private var lengths: [Int32] = []
  private var formats: [Int32] = []
  private var pointers: [UnsafePointer<CChar>?] = []

  func encode(_ values: [PostgresValue]) throws(PostgresError) {
    bytes.removeAll(keepingCapacity: bytes.capacity <= Self.keptBytes)
    offsets.removeAll(keepingCapacity: true)
    lengths.removeAll(keepingCapacity: true)
    guard values.count <= Self.maximumCount else {
      throw .encoding("\(values.count) parameters; at most \(Self.maximumCount) can be sent")
    }
    for value in values {
      let start = bytes.count
      let isPresent = value.encode(into: &bytes)
      guard bytes.count <= Self.maximumBytes else {
        throw .encoding("parameters of more than \(Self.maximumBytes) bytes")
      }
      offsets.append(isPresent ? start : -1)
      lengths.append(Int32(bytes.count - start))
    }
    // A base to point at, also when all values are empty.
    if bytes.isEmpty { bytes.append(0) }
    while formats.count < values.count { formats.append(1) }
  }

  /// Lets `body` see the encoded values: count, pointers (nil for null), lengths, formats.
  func withPointers<Result>(
    _ body: (
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
    ) -> Result
  ) -> Result {
    bytes.withUnsafeBytes { raw in
      let base = raw.baseAddress!.assumingMemoryBound(to: CChar.self)
      pointers.removeAll(keepingCapacity: true)
      for offset in offsets { pointers.append(offset < 0 ? nil : base + offset) }
      return body(Int32(offsets.count), pointers, lengths, formats)
    }
  }
}
