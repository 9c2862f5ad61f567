internal import EventLoop

/// The server under test, from an `http://host[:port]` URL.
struct Target: Sendable, Equatable {
  let address: SocketAddress
  /// What the `Host` field says; the server finds the tenant by it.
  let host: String

  /// Nil unless `url` is a plain HTTP URL without a path.
  ///
  /// - Parameter host: another `Host` than the URL's, to reach a tenant at an address of choice.
  init?(url: String, host: String? = nil) {
    let scheme = "http://"
    guard url.hasPrefix(scheme) else { return nil }
    var authority = url.dropFirst(scheme.count)
    if authority.hasSuffix("/") { authority = authority.dropLast() }
    guard !authority.isEmpty, !authority.contains(where: { "/?#@ ".contains($0) }) else {
      return nil
    }
    var name = authority
    var port = 80
    if let colon = authority.lastIndex(of: ":"), !authority[colon...].contains("]") {
      guard let number = Int(authority[authority.index(after: colon)...]),
        (1...65535).contains(number)
      else { return nil }
      port = number
      name = authority[..<colon]
    }
    if name.hasPrefix("["), name.hasSuffix("]") { name = name.dropFirst().dropLast() }
    guard !name.isEmpty else { return nil }
    self.address = .tcp(host: String(name), port: port)
    self.host = host ?? String(authority)
  }
}
