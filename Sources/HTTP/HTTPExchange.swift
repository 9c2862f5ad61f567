internal import EventLoop

/// One request and its response. Loop-confined; the server makes it and hands it to the handler.
///
/// The request's bytes may be read until the exchange has been answered; after that they are empty.
/// If the server itself ends the exchange (its deadline passed, or the client went away), the bytes
/// stay readable for as long as somebody holds the exchange, and answering it does nothing.
public final class HTTPExchange {
  enum State {
    /// The handler has it.
    case pending
    /// The answer is being written; the request is still readable.
    case responding
    case responded
    /// The server ended it; the request is still readable.
    case abandoned
  }

  let fields: HeaderFields
  @exclusivity(unchecked) var state = State.responded
  /// The connection that waits for the answer. It clears this when it goes away first.
  @exclusivity(unchecked) unowned(unsafe) var connection: HTTPConnection?
  /// Holds the request's bytes once the connection has let go of an abandoned exchange.
  @exclusivity(unchecked) var abandonedInput: ByteBuffer?
  /// The decoded body of a chunked request.
  let chunkedBody = ByteBuffer(capacity: 0)
  @exclusivity(unchecked) var base = UnsafeRawPointer(bitPattern: 1)!
  @exclusivity(unchecked) var pathRange = 0..<0
  @exclusivity(unchecked) var queryRange = 0..<0
  @exclusivity(unchecked) var keepsAlive = true
  @exclusivity(unchecked) var minorVersion: UInt8 = 1

  /// The request's method.
  @exclusivity(unchecked) public internal(set) var method = HTTPMethod.get
  /// When the whole request had been received, on the clock of `EventLoop.nanoseconds()`.
  @exclusivity(unchecked) public internal(set) var startedAt: UInt64 = 0
  /// The request's body, decoded if it was chunked.
  @exclusivity(unchecked) public internal(set) var body = UnsafeRawBufferPointer(
    start: nil, count: 0)
  /// What the route's captures matched in the path.
  @exclusivity(unchecked) public var captures = RouteCaptures()
  /// Anything that the handler wants to keep with the exchange.
  @exclusivity(unchecked) public var context: AnyObject?
  /// Called once if the server ends the exchange before it is answered.
  @exclusivity(unchecked) public var onAbandon: ((Abandonment) -> Void)?

  /// Why the server ended an exchange by itself.
  public enum Abandonment: Sendable {
    /// The client was told 503, because the request's deadline had passed.
    case deadlineExceeded
    /// The connection broke; nobody waits for the answer.
    case disconnected
  }

  init(fields: HeaderFields) { self.fields = fields }

  /// True until the exchange is answered or abandoned.
  public var isPending: Bool { state == .pending }

  // MARK: Target

  /// The target's path as it came, without the query; never empty before the answer.
  public var path: UnsafeRawBufferPointer {
    if pathRange.isEmpty, state != .responded {
      return UnsafeRawBufferPointer(
        start: Self.rootPath.utf8Start, count: Self.rootPath.utf8CodeUnitCount)
    }
    return slice(pathRange.lowerBound, pathRange.count)
  }

  /// The target's query as it came, without the question mark.
  public var query: UnsafeRawBufferPointer { slice(queryRange.lowerBound, queryRange.count) }

  private static let rootPath: StaticString = "/"

  // MARK: Header fields

  /// The value of a known field, in constant time. Of repeated fields it is the last.
  @inline(__always)
  public func header(_ known: KnownHeader) -> UnsafeRawBufferPointer? {
    guard state != .responded, let position = fields.position(of: known) else { return nil }
    return slice(Int(fields.fields[position].valueOffset), Int(fields.fields[position].valueLength))
  }

  /// Calls `body` with the value of each field of a known name, the last of the head first, until it
  /// returns false.
  public func forEachValue(
    of known: KnownHeader, _ body: (UnsafeRawBufferPointer) -> Bool
  ) {
    guard state != .responded, let last = fields.position(of: known) else { return }
    let name = slice(Int(fields.fields[last].nameOffset), Int(fields.fields[last].nameLength))
    for position in stride(from: last, through: 0, by: -1) {
      let field = fields.fields[position]
      let other = slice(Int(field.nameOffset), Int(field.nameLength))
      guard other.count == name.count,
        zip(other, name).allSatisfy({ ASCII.lowerCase($0) == ASCII.lowerCase($1) })
      else { continue }
      if !body(slice(Int(field.valueOffset), Int(field.valueLength))) { return }
    }
  }

  /// The value of the field called `name`, in whatever case; repeated fields are joined by commas.
  public func header(named name: String) -> String? {
    guard state != .responded else { return nil }
    var values: [String] = []
    for position in 0..<fields.count {
      let field = fields.fields[position]
      let fieldName = slice(Int(field.nameOffset), Int(field.nameLength))
      guard fieldName.count == name.utf8.count,
        zip(fieldName, name.utf8).allSatisfy({ ASCII.lowerCase($0) == ASCII.lowerCase($1) })
      else { continue }
      values.append(slice(Int(field.valueOffset), Int(field.valueLength)).text)
    }
    return values.isEmpty ? nil : values.joined(separator: ", ")
  }

  // MARK: Route captures

  /// The bytes of capture `index`, as they stand in the path.
  public func parameter(_ index: Int) -> UnsafeRawBufferPointer {
    guard state != .responded else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    let range = captures[index]
    return slice(pathRange.lowerBound + range.lowerBound, range.count)
  }

  /// The percent-decoded text of the capture called `name`.
  public func parameter(named name: String) -> String? {
    guard state != .responded, let index = captures.names.firstIndex(of: name) else { return nil }
    return ASCII.percentDecoded(parameter(index))
  }

  // MARK: Connection

  /// The client's address as text; `nil` for Unix sockets and once the exchange is over.
  public var peerAddress: String? { connection?.peerAddress }

  /// Anything that the handler wants to keep with the connection; `nil` once the exchange is over.
  public var connectionContext: AnyObject? {
    get { connection?.context }
    set { connection?.context = newValue }
  }

  @inline(__always)
  func slice(_ offset: Int, _ count: Int) -> UnsafeRawBufferPointer {
    if state == .responded { return UnsafeRawBufferPointer(start: nil, count: 0) }
    return UnsafeRawBufferPointer(start: base + offset, count: count)
  }
}
