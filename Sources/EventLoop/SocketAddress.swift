internal import CLibuv
internal import Glibc

/// Where a stream connects to or a listener listens.
public enum SocketAddress: Sendable, Hashable, CustomStringConvertible {
  /// A host name or address and a port. Names are looked up when connecting.
  case tcp(host: String, port: Int)
  /// A path of a Unix-domain socket.
  case unix(path: String)

  public var description: String {
    switch self {
    case .tcp(let host, let port): host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)"
    case .unix(let path): path
    }
  }

  static func text(of address: UnsafePointer<sockaddr>) -> String? {
    var text = [CChar](repeating: 0, count: 64)
    let raw = UnsafeRawPointer(address)
    let status =
      switch Int32(address.pointee.sa_family) {
      case AF_INET: uv_ip4_name(raw.assumingMemoryBound(to: sockaddr_in.self), &text, text.count)
      case AF_INET6: uv_ip6_name(raw.assumingMemoryBound(to: sockaddr_in6.self), &text, text.count)
      default: Int32(-1)
      }
    guard status == 0 else { return nil }
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
