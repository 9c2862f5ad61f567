internal import EventLoop
internal import Glibc

/// Where a process listens.
struct ListenAddress: Sendable {
  var host: String
  var port: Int
  /// Where operations have a port of their own.
  var opsPort: Int?

  /// Another process listens there, or the kernel refuses the address.
  struct Unavailable: Error, CustomStringConvertible {
    let reason: EventLoopError

    var description: String { "cannot \(reason)" }
  }

  /// Finds out early whether the ports are taken, also by another process of this program, with
  /// which the kernel would let it share them.
  func checkFree() throws(Unavailable) {
    for port in [port, opsPort].compactMap(\.self) {
      do throws(EventLoopError) {
        try StreamListener.checkFree(host: host, port: port)
      } catch {
        throw Unavailable(reason: error)
      }
    }
  }
}

extension ParsedOptions {
  /// `--host`, `--port` and `--ops-port`.
  func listenAddress() throws(UsageError) -> ListenAddress {
    let address = ListenAddress(
      host: try required("host"), port: try integer("port", in: 0...65_535) ?? 0,
      opsPort: try integer("ops-port", in: 0...65_535))
    guard Self.isAddress(address.host) else {
      throw UsageError("\(origin("host")) must be an IP address, not '\(address.host)'")
    }
    guard address.port == 0 || address.port != address.opsPort else {
      throw UsageError("\(origin("ops-port")) must be another port than \(origin("port"))")
    }
    return address
  }

  /// `--host` and `--ops-port` of a process that serves nothing else; `nil` when it serves nothing.
  func operationsAddress() throws(UsageError) -> SocketAddress? {
    guard let port = try integer("ops-port", in: 0...65_535) else { return nil }
    let host = try required("host")
    guard Self.isAddress(host) else {
      throw UsageError("\(origin("host")) must be an IP address, not '\(host)'")
    }
    return .tcp(host: host, port: port)
  }

  private static func isAddress(_ text: String) -> Bool {
    var space = in6_addr()
    return inet_pton(AF_INET, text, &space) == 1 || inet_pton(AF_INET6, text, &space) == 1
  }
}
