internal import CHiredis

/// hiredis' reader, building replies in a ``ReplyArena``: no allocation per element. Loop-confined.
final class ReplyReader {
  private let reader: UnsafeMutablePointer<redisReader>
  private let functions: UnsafeMutablePointer<redisReplyObjectFunctions>
  private let arena: UnsafeMutablePointer<ReplyArena>

  init() {
    arena = .allocate(capacity: 1)
    arena.initialize(to: ReplyArena())
    functions = .allocate(capacity: 1)
    functions.initialize(
      to: redisReplyObjectFunctions(
        createString: { ReplyBuilder.string($0!, $1!, $2) },
        createArray: { ReplyBuilder.array($0!, $1) },
        createInteger: {
          ReplyBuilder.put($0!, ReplyNode(kind: .integer, count: 0, value: Int($1)))
        },
        createNil: { ReplyBuilder.put($0!, .null) },
        freeObject: { _ in }))
    guard let reader = redisReaderCreateWithFunctions(functions) else {
      preconditionFailure("no memory for a reply reader")
    }
    self.reader = reader
    reader.pointee.privdata = UnsafeMutableRawPointer(arena)
    reader.pointee.maxbuf = RedisLimits.idleReaderBytes
  }

  deinit {
    redisReaderFree(reader)
    functions.deallocate()
    arena.pointee.deallocate()
    arena.deinitialize(count: 1)
    arena.deallocate()
  }

  /// Takes received bytes.
  func feed(_ bytes: UnsafeRawBufferPointer) throws(RedisError) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    let status = redisReaderFeed(reader, base.assumingMemoryBound(to: CChar.self), bytes.count)
    if status != REDIS_OK { throw violation() }
  }

  /// The next complete reply, valid until the next call; `nil` when more bytes are needed.
  func next() throws(RedisError) -> RedisReply? {
    var object: UnsafeMutableRawPointer?
    guard redisReaderGetReply(reader, &object) == REDIS_OK else { throw violation() }
    if object != nil { return RedisReply(arena: arena, index: 0) }
    guard reader.pointee.len - reader.pointee.pos <= RedisLimits.replyBytes else {
      throw .protocolViolation("a reply is longer than \(RedisLimits.replyBytes) bytes")
    }
    return nil
  }

  private func violation() -> RedisError {
    let reason = withUnsafeBytes(of: reader.pointee.errstr) { text in
      String(decoding: text.prefix { $0 != 0 }, as: UTF8.self)
    }
    // hiredis knows only one reason for a refused element: memory. Here it is a limit.
    return .protocolViolation(
      reader.pointee.err == REDIS_ERR_OOM ? "a reply passes the limits of its size" : reason)
  }
}

/// The callbacks by which hiredis' reader builds a reply.
///
/// hiredis passes objects as pointers; here they are indices into the arena, plus one.
private enum ReplyBuilder {
  typealias Task = UnsafePointer<redisReadTask>

  @inline(__always)
  private static func arena(_ task: Task) -> UnsafeMutablePointer<ReplyArena> {
    task.pointee.privdata.assumingMemoryBound(to: ReplyArena.self)
  }

  /// Where the element of `task` goes: its place in its array, or the start of a new reply.
  @inline(__always)
  private static func index(_ task: Task) -> Int? {
    let arena = arena(task)
    if let parent = task.pointee.parent {
      let parentIndex = Int(bitPattern: parent.pointee.obj) - 1
      return arena.pointee.node(parentIndex).value + Int(task.pointee.idx)
    }
    arena.pointee.reset()
    return arena.pointee.addNodes(1)
  }

  static func put(_ task: Task, _ node: ReplyNode) -> UnsafeMutableRawPointer? {
    guard let index = index(task) else { return nil }
    arena(task).pointee.setNode(index, node)
    return UnsafeMutableRawPointer(bitPattern: index + 1)
  }

  static func string(
    _ task: Task, _ text: UnsafeMutablePointer<CChar>, _ length: Int
  ) -> UnsafeMutableRawPointer? {
    let kind: RedisReply.Kind =
      switch task.pointee.type {
      case REDIS_REPLY_ERROR: .error
      case REDIS_REPLY_STATUS: .status
      default: .string
      }
    guard let index = index(task),
      let offset = arena(task).pointee.addText(text, count: length)
    else { return nil }
    arena(task).pointee.setNode(
      index, ReplyNode(kind: kind, count: UInt32(length), value: offset))
    return UnsafeMutableRawPointer(bitPattern: index + 1)
  }

  static func array(_ task: Task, _ count: Int32) -> UnsafeMutableRawPointer? {
    guard count >= 0, let index = index(task),
      let first = arena(task).pointee.addNodes(Int(count))
    else { return nil }
    arena(task).pointee.setNode(
      index, ReplyNode(kind: .array, count: UInt32(count), value: first))
    return UnsafeMutableRawPointer(bitPattern: index + 1)
  }
}
