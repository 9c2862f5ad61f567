/// A growable run of bytes in one block of memory, written at the end and consumed at the front.
///
/// A class, so that a connection's buffer is appended to in place and its memory reused. Inlinable,
/// because every layer above writes its bytes through it, and without run-time checks of exclusive
/// access, which would cost more than the copying: no access to these properties spans a call.
public final class ByteBuffer {
  @exclusivity(unchecked) @usableFromInline var base: UnsafeMutableRawPointer
  @exclusivity(unchecked) @usableFromInline var capacity: Int
  @exclusivity(unchecked) @usableFromInline var start = 0
  @exclusivity(unchecked) @usableFromInline var end = 0

  /// Makes an empty buffer; with a capacity of 0 it takes no memory before it is written to.
  public init(capacity: Int = 256) {
    self.capacity = capacity
    base = capacity > 0 ? .allocate(byteCount: capacity, alignment: 16) : Self.nowhere
  }

  deinit {
    if capacity > 0 { base.deallocate() }
  }

  /// Where a buffer without memory points to; never read or written.
  private static var nowhere: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 16)! }

  /// Bytes that can be read.
  @inlinable @inline(__always)
  public var count: Int { end - start }

  @inlinable @inline(__always)
  public var isEmpty: Bool { end == start }

  /// The readable bytes; valid until the buffer is next changed.
  @inlinable @inline(__always)
  public var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + start, count: end - start)
  }

  /// Makes room for `more` bytes behind the end.
  @inlinable @inline(__always)
  public func reserve(_ more: Int) {
    if capacity - end < more { makeRoom(more) }
  }

  @usableFromInline @inline(never)
  func makeRoom(_ more: Int) {
    let count = end - start
    if start > 0, capacity - count >= more, start >= count {
      base.copyMemory(from: base + start, byteCount: count)
    } else {
      let grown = max(capacity * 2, count + more, 16)
      let block = UnsafeMutableRawPointer.allocate(byteCount: grown, alignment: 16)
      if capacity > 0 {
        block.copyMemory(from: base + start, byteCount: count)
        base.deallocate()
      }
      base = block
      capacity = grown
    }
    start = 0
    end = count
  }

  @inlinable @inline(__always)
  public func append(_ byte: UInt8) {
    reserve(1)
    base.storeBytes(of: byte, toByteOffset: end, as: UInt8.self)
    end += 1
  }

  @inlinable @inline(__always)
  public func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    (base + end).copyMemory(from: source, byteCount: bytes.count)
    end += bytes.count
  }

  @inlinable @inline(__always)
  public func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends the UTF-8 bytes of `text`. A literal goes to the cheaper overload.
  @_disfavoredOverload
  public func append(_ text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  public func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the decimal digits of `number`.
  public func append(decimal number: Int) {
    if number < 0 { append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let digits = Self.decimalDigits(of: rest)
    reserve(digits)
    var position = end + digits
    end = position
    repeat {
      position -= 1
      base.storeBytes(
        of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: position,
        as: UInt8.self)
      rest /= 10
    } while rest > 0
  }

  /// The number of decimal digits that `number` takes.
  @inlinable
  public static func decimalDigits(of number: UInt) -> Int {
    var digits = 1
    var probe = number
    while probe >= 10 {
      probe /= 10
      digits += 1
    }
    return digits
  }

  /// Lets `fill` write up to `size` bytes behind the end and say how many it wrote.
  @inlinable
  public func appendUninitialized(
    _ size: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Int
  ) rethrows {
    reserve(size)
    let written = try fill(UnsafeMutableRawBufferPointer(start: base + end, count: size))
    precondition(written >= 0 && written <= size)
    end += written
  }

  /// Drops `count` bytes from the front.
  @inlinable @inline(__always)
  public func consume(_ count: Int) {
    precondition(count >= 0 && count <= end - start)
    start += count
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Drops bytes from the end, so that `count` remain.
  @inlinable @inline(__always)
  public func truncate(to count: Int) {
    precondition(count >= 0 && count <= end - start)
    end = start + count
  }

  /// Replaces the `width` bytes that lie `offset` behind the front by the decimal digits of
  /// `number`, moving what follows if the digits take another width.
  ///
  /// With it a length can be written before what it counts.
  @inlinable
  public func replace(at offset: Int, width: Int, decimal number: Int) {
    precondition(number >= 0 && offset >= 0 && offset + width <= end - start)
    let digits = Self.decimalDigits(of: UInt(number))
    if digits != width {
      if digits > width { reserve(digits - width) }
      let tail = base + start + offset
      (tail + digits).copyMemory(
        from: tail + width, byteCount: end - start - offset - width)
      end += digits - width
    }
    var rest = UInt(number)
    var position = start + offset + digits
    repeat {
      position -= 1
      base.storeBytes(
        of: UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10), toByteOffset: position,
        as: UInt8.self)
      rest /= 10
    } while rest > 0
  }

  /// Empties the buffer; the memory stays unless it is larger than `keeping` bytes.
  @inlinable
  public func removeAll(keeping limit: Int = 1 << 20) {
    start = 0
    end = 0
    if capacity > limit {
      base.deallocate()
      capacity = max(16, min(limit, 256))
      base = .allocate(byteCount: capacity, alignment: 16)
    }
  }

  /// Empties the buffer and takes its memory out of it, for another to use; the caller owns it.
  public func detachStorage() -> UnsafeMutableRawBufferPointer {
    defer {
      base = Self.nowhere
      capacity = 0
      start = 0
      end = 0
    }
    return UnsafeMutableRawBufferPointer(start: base, count: capacity)
  }

  /// Gives memory, from ``detachStorage()``, to a buffer that has none.
  public func attachStorage(_ storage: UnsafeMutableRawBufferPointer) {
    precondition(capacity == 0, "the buffer has memory already")
    guard storage.count > 0, let address = storage.baseAddress else { return }
    base = address
    capacity = storage.count
  }

  /// Bytes of memory that the buffer has.
  @inlinable @inline(__always)
  public var storageSize: Int { capacity }

  /// The readable bytes as text; invalid UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }
}
