/// A reply lent to a completion: valid only until the completion returns.
///
/// It reads the connection's reply memory in place, so that looking at a reply allocates nothing.
/// Take a ``value`` of what must live longer.
public struct RedisReply {
  public enum Kind: UInt8, Sendable {
    case null, integer, string, status, array
    /// The server answered with an error.
    case error
    /// The call has no reply; ``RedisReply/failure`` says why.
    case failure
  }

  private let arena: UnsafePointer<ReplyArena>
  private let index: Int

  @inline(__always)
  init(arena: UnsafePointer<ReplyArena>, index: Int) {
    self.arena = arena
    self.index = index
  }

  @inline(__always)
  private var node: ReplyNode { arena.pointee.node(index) }

  public var kind: Kind { node.kind }

  /// The number of an integer reply; zero for all else.
  public var integer: Int {
    let node = node
    return node.kind == .integer ? node.value : 0
  }

  /// The bytes of a string, a status or an error line; empty for all else.
  public var bytes: UnsafeRawBufferPointer {
    let node = node
    switch node.kind {
    case .string, .status, .error: return arena.pointee.bytes(of: node)
    default: return UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }

  /// The number of elements of an array; zero for all else.
  public var count: Int {
    let node = node
    return node.kind == .array ? Int(node.count) : 0
  }

  /// The element at `index` of an array. Traps outside of `0..<count`.
  public subscript(index: Int) -> RedisReply {
    let node = node
    precondition(node.kind == .array && index >= 0 && index < Int(node.count))
    return RedisReply(arena: arena, index: node.value + index)
  }

  /// An integer reply, or a string of decimal digits read as a number; `nil` for all else.
  public var decimal: Int? {
    let node = node
    switch node.kind {
    case .integer: return node.value
    case .string, .status: return Self.decimal(arena.pointee.bytes(of: node))
    default: return nil
    }
  }

  private static func decimal(_ bytes: UnsafeRawBufferPointer) -> Int? {
    let negative = bytes.first == UInt8(ascii: "-")
    let digits = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(negative ? 1 : 0))
    // Nineteen digits can pass the largest Int; the slow way decides there.
    guard digits.count < 19 else { return Int(String(decoding: bytes, as: UTF8.self)) }
    guard digits.count > 0 else { return nil }
    var number = 0
    for byte in digits {
      let digit = byte &- UInt8(ascii: "0")
      guard digit <= 9 else { return nil }
      number = number &* 10 &+ Int(digit)
    }
    return negative ? -number : number
  }
}

extension RedisReply {
  /// The text of a string, a status or an error line; invalid UTF-8 is replaced.
  public var text: String { String(decoding: bytes, as: UTF8.self) }

  /// Why there is no result: the server's error, or what kept the reply away.
  public var failure: RedisError? {
    switch kind {
    case .error: RedisError(serverLine: text)
    case .failure: arena.pointee.failure
    default: nil
    }
  }

  /// True if the server answered with an error whose first word is `code`.
  public func isError(_ code: StaticString) -> Bool {
    guard kind == .error else { return false }
    let bytes = bytes
    let length = code.utf8CodeUnitCount
    guard bytes.count == length || (bytes.count > length && bytes[length] == UInt8(ascii: " "))
    else { return false }
    let expected = UnsafeBufferPointer(start: code.utf8Start, count: length)
    return bytes.prefix(length).elementsEqual(expected)
  }

  /// A copy that lives on its own. An error or failure becomes ``RedisValue/error(_:)``.
  public var value: RedisValue {
    switch kind {
    case .null: .null
    case .integer: .integer(integer)
    case .string: .string(Array(bytes))
    case .status: .status(text)
    case .array: .array((0..<count).map { self[$0].value })
    case .error, .failure: .error(failure ?? .disconnected)
    }
  }

  /// The value, or why there is none.
  public var result: Result<RedisValue, RedisError> {
    if let failure { .failure(failure) } else { .success(value) }
  }
}
