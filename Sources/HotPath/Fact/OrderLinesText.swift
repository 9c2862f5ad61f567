internal import Domain

/// The lines of an order as scripts write them, `<sku>:<quantity>:<price>[,…]`, read in place.
public struct OrderLinesText: Sequence {
  /// One line; its bytes are the text's.
  public struct Line {
    public let sku: UnsafeRawBufferPointer
    /// Pieces, at least 1.
    public let quantity: Int
    /// Minor units for one piece.
    public let unitPrice: Int
  }

  private let bytes: UnsafeRawBufferPointer
  public let count: Int

  /// Nil when the text is malformed.
  public init?(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    var scanner = Scanner(bytes)
    var count = 0
    repeat {
      guard scanner.line() != nil else { return nil }
      count += 1
    } while scanner.comma()
    guard scanner.isAtEnd else { return nil }
    self.count = count
  }

  public func makeIterator() -> Iterator { Iterator(scanner: Scanner(bytes)) }

  /// Goes through the lines of a text that is known to be well formed.
  public struct Iterator: IteratorProtocol {
    fileprivate var scanner: Scanner

    public mutating func next() -> Line? {
      guard !scanner.isAtEnd else { return nil }
      let line = scanner.line()
      _ = scanner.comma()
      return line
    }
  }

  fileprivate struct Scanner {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }

    mutating func comma() -> Bool { take(UInt8(ascii: ",")) }

    mutating func line() -> Line? {
      let start = position
      while position < bytes.count, bytes[position] != UInt8(ascii: ":") { position += 1 }
      let sku = UnsafeRawBufferPointer(rebasing: bytes[start..<position])
      guard SKU.isValid(sku), take(UInt8(ascii: ":")), let quantity = number(), quantity > 0,
        take(UInt8(ascii: ":")), let price = number()
      else { return nil }
      return Line(sku: sku, quantity: quantity, unitPrice: price)
    }

    private mutating func take(_ expected: UInt8) -> Bool {
      guard position < bytes.count, bytes[position] == expected else { return false }
      position += 1
      return true
    }

    /// One to eighteen digits.
    private mutating func number() -> Int? {
      let start = position
      var value = 0
      while position < bytes.count, position - start < 18 {
        let digit = bytes[position] &- UInt8(ascii: "0")
        guard digit <= 9 else { break }
        value = value * 10 + Int(digit)
        position += 1
      }
      return position > start ? value : nil
    }
  }
}
