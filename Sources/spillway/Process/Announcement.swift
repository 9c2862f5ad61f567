internal import EventLoop
internal import Telemetry

/// Tells whoever started the process that it serves.
enum Announcement {
  /// Writes `ready http://…` to standard output, and the log line that also names the port for
  /// operations.
  static func ready(_ api: APIProcess, logger: Logger) {
    let url = url(of: api.address)
    // Somebody who has closed our output does not want to know.
    try? StandardOutput.write(line: "ready \(url)")
    let operations = api.operationsAddress.map {
      [("operations", LogValue.string(Self.url(of: $0)))]
    }
    logger.info("ready", [("url", .string(url))] + (operations ?? []))
  }

  /// An address that listens everywhere is reached at this machine's own.
  static func url(of address: SocketAddress) -> String {
    guard case .tcp(let host, let port) = address else { return "\(address)" }
    let reachable =
      switch host {
      case "0.0.0.0": "127.0.0.1"
      case "::": "::1"
      default: host
      }
    return "http://\(SocketAddress.tcp(host: reachable, port: port))"
  }
}
