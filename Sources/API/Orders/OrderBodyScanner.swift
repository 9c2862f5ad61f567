internal import Domain

/// Reads the usual body of an order where it lies: the members that the document names, each once,
/// texts without escapes, whole numbers within their bounds.
///
/// Everything else is left to ``OrderBodyReader``, which takes what is right and says of the rest
/// what is wrong. What both read, they read alike.
struct OrderBodyScanner {
  private let bytes: UnsafeRawBufferPointer
  private var position = 0

  private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Nil when the body is not of the usual form.
  static func scan(_ bytes: UnsafeRawBufferPointer) -> OrderBody? {
    var scanner = OrderBodyScanner(bytes)
    guard let body = scanner.order() else { return nil }
    scanner.skipSpace()
    return scanner.position == bytes.count ? body : nil
  }

  // MARK: The order

  private mutating func order() -> OrderBody? {
    var body = OrderBody()
    var hasLines = false
    guard take("{") else { return nil }
    repeat {
      guard let name = name() else { return nil }
      switch name.count {
      case 5 where name.equals("lines") && !hasLines:
        guard lines(&body) else { return nil }
        hasLines = true
      case 7 where name.equals("sale_id") && body.sale == nil:
        guard let text = text(), let sale = Identifier(text: text) else { return nil }
        body.sale = sale
      case 9 where name.equals("coupon_id") && body.coupon == nil:
        guard let text = text(), let coupon = Identifier(text: text) else { return nil }
        body.coupon = coupon
      case 6 where name.equals("market") && body.market == nil:
        guard let market = text().flatMap({ Market(bytes: $0) }) else { return nil }
        body.market = market
      default: return nil
      }
    } while take(",")
    return take("}") && hasLines ? body : nil
  }

  private mutating func lines(_ body: inout OrderBody) -> Bool {
    var count = 0
    guard take("[") else { return false }
    repeat {
      count += 1
      guard count <= OrderBounds.lines.upperBound, let line = line(),
        body.add(line.sku, line.quantity)
      else { return false }
    } while take(",")
    return take("]")
  }

  private mutating func line() -> RequestedLine? {
    var sku: SKU?
    var quantity: Int?
    guard take("{") else { return nil }
    repeat {
      guard let name = name() else { return nil }
      if sku == nil, name.equals("sku") {
        sku = text().flatMap { SKU(bytes: $0) }
        if sku == nil { return nil }
      } else if quantity == nil, name.equals("quantity") {
        quantity = self.quantity()
        if quantity == nil { return nil }
      } else {
        return nil
      }
    } while take(",")
    guard take("}"), let sku, let quantity else { return nil }
    return RequestedLine(sku: sku, quantity: quantity)
  }

  // MARK: Values

  /// A whole number within the bounds of a line.
  private mutating func quantity() -> Int? {
    skipSpace()
    let start = position
    var value = 0
    while position < bytes.count, position - start < Self.quantityDigits {
      let digit = bytes[position] &- UInt8(ascii: "0")
      guard digit <= 9 else { break }
      value = value * 10 + Int(digit)
      position += 1
    }
    // What goes on behind the digits is no comma and no brace, and ends the scan there.
    guard position > start, bytes[start] != UInt8(ascii: "0"),
      OrderBounds.quantity.contains(value)
    else { return nil }
    return value
  }

  private static let quantityDigits = String(OrderBounds.quantity.upperBound).count

  /// A member's name with the colon behind it.
  private mutating func name() -> UnsafeRawBufferPointer? {
    guard let name = text(), take(":") else { return nil }
    return name
  }

  /// The ASCII between two quotes, without escapes.
  private mutating func text() -> UnsafeRawBufferPointer? {
    guard take("\"") else { return nil }
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == UInt8(ascii: "\"") {
        position += 1
        return UnsafeRawBufferPointer(rebasing: bytes[start..<(position - 1)])
      }
      guard byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\\") else { return nil }
      position += 1
    }
    return nil
  }

  // MARK: Structure

  private mutating func skipSpace() {
    while position < bytes.count, bytes[position] <= 0x20 {
      switch bytes[position] {
      case 0x20, 0x09, 0x0A, 0x0D: position += 1
      default: return
      }
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }
}

extension UnsafeRawBufferPointer {
  @inline(__always)
  fileprivate func equals(_ text: StaticString) -> Bool {
    elementsEqual(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
