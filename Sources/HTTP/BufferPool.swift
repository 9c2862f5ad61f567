internal import EventLoop

/// Buffers in use by turns, so that an idle connection holds none and a busy loop's memory is warm.
final class BufferPool {
  private static let initialCapacity = 4 * 1024
  /// A buffer that grew beyond this gives its memory back.
  private static let keptCapacity = 64 * 1024
  private static let maximumSpares = 256

  private var spares: [ByteBuffer] = []

  @inline(__always)
  func take() -> ByteBuffer { spares.popLast() ?? ByteBuffer(capacity: Self.initialCapacity) }

  @inline(__always)
  func give(_ buffer: ByteBuffer) {
    guard spares.count < Self.maximumSpares else { return }
    buffer.removeAll(keeping: Self.keptCapacity)
    spares.append(buffer)
  }
}
