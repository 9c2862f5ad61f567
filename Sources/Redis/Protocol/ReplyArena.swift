internal import Glibc

/// One element of a reply: sixteen bytes without references.
struct ReplyNode {
  var kind: RedisReply.Kind
  /// Bytes of a string, or elements of an array.
  var count: UInt32
  /// An integer, the offset of a string's bytes, or the index of an array's first element.
  var value: Int

  static let null = ReplyNode(kind: .null, count: 0, value: 0)
}

/// The memory of one reply: all its elements in one run, all its bytes in another.
///
/// The elements of an array lie side by side, so that a reply is read without following links; the
/// memory is used again for the next reply.
struct ReplyArena {
  private var nodes: UnsafeMutableBufferPointer<ReplyNode>
  private var nodeCount = 0
  private var text: UnsafeMutableRawBufferPointer
  private var textCount = 0
  private(set) var failure: RedisError?

  init() {
    nodes = .allocate(capacity: 64)
    text = .allocate(byteCount: 1024, alignment: 16)
  }

  func deallocate() {
    nodes.deallocate()
    text.deallocate()
  }

  @inline(__always)
  func node(_ index: Int) -> ReplyNode { nodes[index] }

  @inline(__always)
  func bytes(of node: ReplyNode) -> UnsafeRawBufferPointer {
    let start = text.baseAddress! + node.value
    return UnsafeRawBufferPointer(start: start, count: Int(node.count))
  }

  // MARK: Filling

  /// Forgets the reply before, and gives back memory that only a large one needed.
  mutating func reset() {
    nodeCount = 0
    textCount = 0
    failure = nil
    if text.count > RedisLimits.idleReaderBytes
      || nodes.count * MemoryLayout<ReplyNode>.stride > RedisLimits.idleReaderBytes
    {
      deallocate()
      self = ReplyArena()
    }
  }

  /// Makes room for `count` elements side by side and gives the index of the first; `nil` when the
  /// reply would pass the limit.
  mutating func addNodes(_ count: Int) -> Int? {
    let first = nodeCount
    guard count <= RedisLimits.replyElements - first else { return nil }
    if first + count > nodes.count {
      let grown = UnsafeMutableBufferPointer<ReplyNode>.allocate(
        capacity: max(nodes.count * 2, first + count))
      _ = grown.initialize(fromContentsOf: nodes.prefix(first))
      nodes.deallocate()
      nodes = grown
    }
    for index in first..<(first + count) { nodes.initializeElement(at: index, to: .null) }
    nodeCount += count
    return first
  }

  @inline(__always)
  mutating func setNode(_ index: Int, _ node: ReplyNode) {
    nodes[index] = node
  }

  /// Copies a string's bytes and gives their offset; `nil` when the reply would pass the limit.
  mutating func addText(_ bytes: UnsafeRawPointer, count: Int) -> Int? {
    let offset = textCount
    guard count <= RedisLimits.replyBytes - offset else { return nil }
    if offset + count > text.count {
      let grown = UnsafeMutableRawBufferPointer.allocate(
        byteCount: max(text.count * 2, offset + count), alignment: 16)
      memcpy(grown.baseAddress!, text.baseAddress!, offset)
      text.deallocate()
      text = grown
    }
    memcpy(text.baseAddress! + offset, bytes, count)
    textCount += count
    return offset
  }

  /// Turns the arena into the reply of a call that has none.
  mutating func fill(with error: RedisError) {
    reset()
    failure = error
    _ = addNodes(1)
    setNode(0, ReplyNode(kind: .failure, count: 0, value: 0))
  }
}
