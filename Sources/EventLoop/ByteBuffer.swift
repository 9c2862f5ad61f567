internal import Glibc

/// A growable run of bytes in one block of memory, written at the end and consumed at the front.
///
/// A class, so that a connection's buffer is appended to in place and its memory reused.
public final class ByteBuffer {
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private var start = 0
  private var end = 0

  public init(capacity: Int = 256) {
    self.capacity = max(capacity, 16)
    base = .allocate(byteCount: self.capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  /// Bytes that can be read.
  @inline(__always)
  public var count: Int { end - start }

  @inline(__always)
  public var isEmpty: Bool { end == start }

  /// The readable bytes; valid until the buffer is next changed.
  @inline(__always)
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + start, count: end - start)
  }

  /// Makes room for `more` bytes behind the end.
  @inline(__always)
  public func reserve(_ more: Int) {
    if capacity - end < more { makeRoom(more) }
  }

  private func makeRoom(_ more: Int) {
    let count = end - start
    if start > 0, capacity - count >= more, start >= count {
      memcpy(base, base + start, count)
    } else {
      let grown = max(capacity * 2, count + more)
      let block = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
      memcpy(block, base + start, count)
      base.deallocate()
      base = block
      capacity = grown
    }
    start = 0
    end = count
  }

  @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end += 1
  }

  @inline(__always)
  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    memcpy(base + end, source, bytes.count)
    end += bytes.count
  }

  @inline(__always)
  public func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  public func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  public func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the decimal digits of `number`.
  public func append(decimal number: Int) {
    reserve(20)
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    var digits = 1
    var probe = rest
    while probe >= 10 {
      probe /= 10
      digits += 1
    }
    reserve(digits)
    var position = end + digits
    end = position
    repeat {
      position -= 1
      base.storeBytes(
        of: UInt8(ascii: "0") + UInt8(rest % 10), toByteOffset: position, as: UInt8.self)
      rest /= 10
    } while rest > 0
  }

  /// Lets `fill` write up to `size` bytes behind the end and say how many it wrote.
  public func appendUninitialized(
    _ size: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int
  ) rethrows {
    reserve(size)
    let written = try fill(UnsafeMutableRawBufferPointer(start: base + end, count: size))
    precondition(written >= 0 && written <= size)
    end += written
  }

  /// Drops `count` bytes from the front.
  @inline(__always)
  public func consume(_ count: Int) {
    precondition(count <= end - start)
    start += count
    if start == end { removeAll() }
  }

  /// Empties the buffer; the memory stays unless it is larger than `keeping` bytes.
  public func removeAll(keeping limit: Int = 1 << 20) {
    start = 0
    end = 0
    if capacity > limit {
      base.deallocate()
      capacity = min(limit, 256)
      base = .allocate(byteCount: capacity, alignment: 16)
    }
  }

  /// The readable bytes as text; invalid UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
