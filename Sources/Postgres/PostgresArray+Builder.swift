extension PostgresArray {
  /// Builds an array element by element from values or raw bytes, without a Swift array in between.
  public struct Builder: Sendable, Hashable {
    private static let flagOffset = 4
    private static let countOffset = 12

    private let elementType: PostgresType
    private var bytes: [UInt8] = []
    /// Elements so far.
    public private(set) var count = 0

    /// - Parameter capacity: bytes of all elements together that are made room for.
    public init(of elementType: PostgresType, capacity: Int = 0) {
      self.elementType = elementType
      bytes.reserveCapacity(20 + capacity)
      // Dimensions, flag for nulls, type, count, lower bound; see `array_send` in PostgreSQL's
      // `arrayfuncs.c`.
      bytes.append(bigEndian: Int32(1))
      bytes.append(bigEndian: Int32(0))
      bytes.append(bigEndian: elementType.identifier)
      bytes.append(bigEndian: Int32(0))
      bytes.append(bigEndian: Int32(1))
    }

    /// Appends an integer to an array of `int8`.
    @inline(__always)
    public mutating func append(_ number: Int64) {
      count += 1
      bytes.append(bigEndian: Int32(8))
      bytes.append(bigEndian: number)
    }

    /// Appends an identifier, given as its halves, to an array of `uuid`.
    @inline(__always)
    public mutating func append(uuid high: UInt64, _ low: UInt64) {
      count += 1
      bytes.append(bigEndian: Int32(16))
      bytes.append(bigEndian: high)
      bytes.append(bigEndian: low)
    }

    /// Appends an element in its binary form; for `text` that is its UTF-8.
    @inline(__always)
    public mutating func append(bytes element: UnsafeRawBufferPointer) {
      count += 1
      bytes.append(bigEndian: Int32(element.count))
      bytes.append(contentsOf: element)
    }

    public mutating func appendNull() {
      count += 1
      bytes.overwrite(bigEndian: Int32(1), at: Self.flagOffset)
      bytes.append(bigEndian: Int32(-1))
    }

    /// The array as a parameter.
    public func build() -> PostgresArray {
      var bytes = bytes
      if count == 0 {
        bytes.removeLast(8)
        bytes.overwrite(bigEndian: Int32(0), at: 0)
      } else {
        bytes.overwrite(bigEndian: Int32(count), at: Self.countOffset)
      }
      return PostgresArray(type: elementType.array, bytes: bytes)
    }
  }
}
