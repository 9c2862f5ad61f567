internal import EventLoop

/// Which server answers for which slots of a cluster. A value; does no I/O.
struct ClusterTopology: Equatable {
  /// The servers that answer for slots.
  private(set) var masters: [SocketAddress] = []
  /// The servers that copy them.
  private(set) var replicas: [SocketAddress] = []
  /// Per slot the index of its master, or ``nobody``.
  private var owners = [UInt16](repeating: nobody, count: HashSlot.count)

  private static let nobody = UInt16.max

  init() {}

  /// The server that answers for `slot`, if any does.
  subscript(slot: Int) -> SocketAddress? {
    let owner = owners[slot]
    return owner == Self.nobody ? nil : masters[Int(owner)]
  }

  /// Whether each slot has a server.
  var isCovered: Bool { !owners.contains(Self.nobody) }

  /// Hands the slots of `range` to `master`.
  mutating func assign(_ range: ClosedRange<Int>, to master: SocketAddress) {
    let index = masters.firstIndex(of: master) ?? masters.endIndex
    if index == masters.endIndex { masters.append(master) }
    for slot in range { owners[slot] = UInt16(index) }
  }

  mutating func add(replica: SocketAddress) {
    if !replicas.contains(replica) { replicas.append(replica) }
  }

  /// All servers, those first that answer for slots.
  var servers: [SocketAddress] { masters + replicas }
}

extension ClusterTopology {
  /// Reads the reply to `CLUSTER SLOTS`.
  ///
  /// - Parameter asked: the server that answered; one that does not know its own address leaves it out.
  /// - Throws: `.protocolViolation` for what is no such reply.
  init(slots reply: RedisValue, from asked: SocketAddress) throws(RedisError) {
    guard let ranges = reply.array else {
      throw .protocolViolation("CLUSTER SLOTS answered no list")
    }
    for range in ranges {
      guard let parts = range.array, parts.count >= 3, let first = parts[0].integer,
        let last = parts[1].integer, first >= 0, first <= last, last < HashSlot.count
      else { throw .protocolViolation("CLUSTER SLOTS answered a malformed range") }
      // A master whose address nobody knows yet answers nobody.
      if let master = try Self.address(parts[2], asked) { assign(first...last, to: master) }
      for part in parts[3...] {
        if let replica = try Self.address(part, asked) { add(replica: replica) }
      }
    }
  }

  /// Reads `[host, port, …]`; `nil` when the host is not known.
  private static func address(
    _ value: RedisValue, _ asked: SocketAddress
  ) throws(RedisError) -> SocketAddress? {
    guard let port = value[1].integer, (0...65_535).contains(port) else {
      throw .protocolViolation("CLUSTER SLOTS answered a malformed server")
    }
    return address(host: value[0].text ?? "", port: port, asked)
  }

  /// The address of a server as a cluster names it: without a host that of the one who was asked, and
  /// with `?` unknown.
  static func address(host: String, port: Int, _ asked: SocketAddress) -> SocketAddress? {
    if host == "?" || port == 0 { return nil }
    if !host.isEmpty { return .tcp(host: host, port: port) }
    guard case .tcp(let known, _) = asked else { return nil }
    return .tcp(host: known, port: port)
  }
}
