internal import EventLoop
internal import Telemetry

/// Tells whoever started the process that it serves.
enum Announcement {
  /// Logs where the process listens, which may be long before it is ready.
  static func listening(_ api: APIProcess, logger: Logger) {
    var fields = [("url", LogValue.string(url(of: api.address)))]
    if let operations = api.operationsAddress {
      fields.append(("operations", .string(url(of: operations))))
    }
    logger.info("listening", fields)
  }

  /// Writes `ready http://…` to standard output.
  static func ready(_ api: APIProcess, logger: Logger) {
    logger.info("ready")
    // Somebody who has closed our output does not want to know.
    try? StandardOutput.write(line: "ready \(url(of: api.address))")
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
