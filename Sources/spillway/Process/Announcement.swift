internal import EventLoop
internal import Foundation

/// The one line that tells whoever started the process that it serves.
enum Announcement {
  static func ready(_ address: SocketAddress) {
    guard case .tcp(let host, let port) = address else { return }
    let name = host == "0.0.0.0" || host == "::" ? "127.0.0.1" : host
    FileHandle.standardOutput.write(
      Data("ready http://\(name.contains(":") ? "[\(name)]" : name):\(port)\n".utf8))
  }
}
