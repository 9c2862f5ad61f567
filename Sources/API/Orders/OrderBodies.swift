internal import Domain
internal import EventLoop
internal import Glibc
internal import HotPath
internal import Services

/// What a loop remembers of the bodies of orders that came last: a crowd sends the same ones again and
/// again, and what was made of one is what is made of its equal. Bounded. Loop-confined.
final class OrderBodies {
  /// What the body of an order asks for, and the fingerprint that repeats are held against. An object: a crowd's
  /// orders share it. Loop-confined.
  final class Reading {
    let body: OrderBody
    let fingerprint: RequestDigest
    /// Keeps the sale, and these accounts of it, for as long as the body is remembered.
    private var last: (sale: HotSale, lines: [ReserveOperation.Line])?

    init(body: OrderBody, fingerprint: RequestDigest) {
      self.body = body
      self.fingerprint = fingerprint
    }

    /// The lines as pieces of a sale's accounts. Those of the last sale are remembered.
    func lines(in sale: HotSale) -> [ReserveOperation.Line] {
      if let last, last.sale === sale { return last.lines }
      let lines = body.lines.map {
        ReserveOperation.Line(stock: sale.stock($0.sku), quantity: $0.quantity)
      }
      last = (sale, lines)
      return lines
    }
  }

  /// Bodies that are remembered, each in a place that its bytes lead to; a later one takes it over.
  static let places = 64
  /// Bytes of a body that is remembered: a usual one of a few lines.
  static let maximumBytes = 512

  private var remembered: [(bytes: [UInt8], reading: Reading)?]
  private let canonical = ByteBuffer(capacity: 512)

  init() { remembered = Array(repeating: nil, count: Self.places) }

  /// - Throws: ``APIError`` that names the field; what is wrong is not remembered.
  func read(_ bytes: UnsafeRawBufferPointer) throws(APIError) -> Reading {
    guard bytes.count <= Self.maximumBytes else {
      return reading(try OrderBodyReader.read(bytes))
    }
    let place = place(of: bytes)
    if let known = remembered[place], equal(known.bytes, bytes) { return known.reading }
    let reading = reading(try OrderBodyReader.read(bytes))
    remembered[place] = (Array(bytes), reading)
    return reading
  }

  private func equal(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
    known.withUnsafeBytes { known in
      known.count == bytes.count
        && (known.isEmpty || memcmp(known.baseAddress!, bytes.baseAddress!, known.count) == 0)
    }
  }

  /// FNV-1a over words of eight bytes instead of bytes: equal for equal bodies, which is what counts.
  private func place(of bytes: UnsafeRawBufferPointer) -> Int {
    let prime: UInt64 = 0x100_0000_01b3
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    var offset = 0
    while offset + 8 <= bytes.count {
      hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* prime
      offset += 8
    }
    while offset < bytes.count {
      hash = (hash ^ UInt64(bytes[offset])) &* prime
      offset += 1
    }
    return Int((hash ^ (hash >> 32)) % UInt64(Self.places))
  }

  /// The fingerprint is made from what is asked for, not from how it is written.
  ///
  /// A SKU has no space and no line end in it.
  private func reading(_ body: OrderBody) -> Reading {
    canonical.removeAll()
    if let sale = body.sale { canonical.append(sale) }
    for line in body.lines {
      canonical.append(UInt8(ascii: "\n"))
      canonical.append(line.sku.description)
      canonical.append(UInt8(ascii: " "))
      canonical.append(decimal: line.quantity)
    }
    // No line of goods begins like this: a SKU has no space in it, nor are there two in a line.
    if let coupon = body.coupon {
      canonical.append("\ncoupon  ")
      canonical.append(coupon)
    }
    return Reading(body: body, fingerprint: IdempotencyDigest.digest(canonical.bytes))
  }
}
