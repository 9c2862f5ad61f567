internal import EventLoop

/// Memory that buffers use by turns, so that an idle connection has none and a busy loop's is warm.
final class BufferPool {
  private static let blockSize = 4 * 1024
  /// A block that grew beyond this is given back to the system.
  private static let keptSize = 64 * 1024
  private static let maximumSpares = 256

  @exclusivity(unchecked) private var spares: [UnsafeMutableRawBufferPointer] = []

  deinit {
    for spare in spares { spare.deallocate() }
  }

  /// Gives `buffer` memory if it has none.
  @inline(__always)
  func supply(_ buffer: ByteBuffer) {
    guard buffer.storageSize == 0 else { return }
    if let spare = spares.popLast() {
      buffer.attachStorage(spare)
    } else {
      buffer.reserve(Self.blockSize)
    }
  }

  /// Empties `buffer` and takes its memory back.
  @inline(__always)
  func reclaim(_ buffer: ByteBuffer) {
    guard buffer.storageSize > 0 else { return }
    let block = buffer.detachStorage()
    if block.count <= Self.keptSize, spares.count < Self.maximumSpares {
      spares.append(block)
    } else {
      block.deallocate()
    }
  }
}
