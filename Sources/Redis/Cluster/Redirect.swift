internal import EventLoop

/// What a server of a cluster says when it does not serve a call. Nothing was executed.
enum Redirect: Equatable {
  /// The slot belongs to another server now.
  case moved(slot: Int, to: SocketAddress)
  /// The slot is on its way to another server, which may have these keys already.
  case ask(SocketAddress)
  /// Nobody serves the call now: the slot is on its way and the keys lie on both sides, a failover is
  /// under way, or the server loads its data.
  case later

  /// Reads an error of the server; `nil` for one that is an answer.
  ///
  /// - Parameter asked: the server that answered; it leaves out a host that it does not know.
  init?(code: String, message: String, from asked: SocketAddress) {
    switch code {
    case "MOVED", "ASK":
      let words = message.split(separator: " ")
      guard words.count >= 2, let slot = Int(words[0]), (0..<HashSlot.count).contains(slot),
        let colon = words[1].lastIndex(of: ":"),
        let port = Int(words[1][words[1].index(after: colon)...]),
        let address = ClusterTopology.address(
          host: String(words[1][..<colon]), port: port, asked)
      else { return nil }
      self = code == "ASK" ? .ask(address) : .moved(slot: slot, to: address)
    case "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "READONLY":
      self = .later
    default:
      return nil
    }
  }

  init?(_ error: RedisError, from asked: SocketAddress) {
    guard case .server(let code, let message) = error else { return nil }
    self.init(code: code, message: message, from: asked)
  }
}
