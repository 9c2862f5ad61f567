internal import Glibc

extension UnsafeRawBufferPointer {
  /// True when these are exactly the bytes of `text`.
  @inline(__always)
  func isEqual(to text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && memcmp(baseAddress!, text.utf8Start, count) == 0
  }

  /// True when the bytes of both are the same.
  @inline(__always)
  func isEqual(to other: UnsafeRawBufferPointer) -> Bool {
    count == other.count && (count == 0 || memcmp(baseAddress!, other.baseAddress!, count) == 0)
  }
}
