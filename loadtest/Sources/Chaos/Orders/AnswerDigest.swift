/// Stands for what an answer says, without the id of its request: answers to one key must agree.
enum AnswerDigest {
  private static let tail = Array(#","request_id":"#.utf8)

  /// FNV-1a of 64 bits (Fowler, Noll and Vo) over the body up to the last `request_id`.
  static func make(of body: UnsafeRawBufferPointer) -> UInt64 {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in body.prefix(end(of: body)) {
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return hash
  }

  private static func end(of body: UnsafeRawBufferPointer) -> Int {
    guard body.count >= tail.count else { return body.count }
    for start in stride(from: body.count - tail.count, through: 0, by: -1)
    where body[start...].starts(with: tail) {
      return start
    }
    return body.count
  }
}
