internal import Domain
internal import HTTP

/// Finds the address of the client behind a request.
struct ClientAddressReader {
  private let proxies: TrustedProxies

  init(_ proxies: TrustedProxies) { self.proxies = proxies }

  /// Who is at the other end of a connection, kept with it.
  private final class Peer {
    let address: IPAddress?
    let isProxy: Bool

    init(_ address: IPAddress?, isProxy: Bool) {
      self.address = address
      self.isProxy = isProxy
    }
  }

  /// The client's address; nil where the connection has none.
  @inline(__always)
  func address(of exchange: HTTPExchange) -> IPAddress? {
    let peer =
      exchange.connectionContext.map { unsafeDowncast($0, to: Peer.self) } ?? find(exchange)
    return peer.isProxy ? forwarded(exchange, by: peer) : peer.address
  }

  private func find(_ exchange: HTTPExchange) -> Peer {
    let address = exchange.peerAddress.flatMap { IPAddress($0) }
    let peer = Peer(
      address,
      isProxy: address.map { address in proxies.networks.contains { $0.contains(address) } }
        ?? false)
    exchange.connectionContext = peer
    return peer
  }

  private func forwarded(_ exchange: HTTPExchange, by peer: Peer) -> IPAddress? {
    guard let address = peer.address else { return nil }
    var chain = ForwardedAddress(peer: address, trusted: proxies.networks)
    exchange.forEachValue(of: proxies.field.header) { value in
      var rest = value[...]
      while !chain.isFinal {
        let comma = rest.lastIndex(of: UInt8(ascii: ","))
        let element = rest[(comma.map { $0 + 1 } ?? rest.startIndex)...]
        chain.take(
          ForwardedEntry.address(UnsafeRawBufferPointer(rebasing: element), of: proxies.field))
        guard let comma else { break }
        rest = rest[..<comma]
      }
      return !chain.isFinal
    }
    return chain.address
  }
}

extension ForwardedEntry.Field {
  fileprivate var header: KnownHeader {
    switch self {
    case .forwardedFor: .forwardedFor
    case .forwarded: .forwarded
    }
  }
}
