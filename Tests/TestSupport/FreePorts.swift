internal import Foundation
internal import Synchronization

/// Ports of this machine that nobody listens on, below those that the kernel gives to clients.
public enum FreePorts {
  private static let range = 21_000..<32_000
  private static let given = Mutex<Set<Int>>([])

  /// Finds `count` different ones, which nobody else in this process is given; another process may still take
  /// one before it is used.
  public static func find(_ count: Int) -> [Int] {
    given.withLock { given in
      var found: [Int] = []
      while found.count < count {
        let port = Int.random(in: range)
        if !given.contains(port), isFree(port) {
          given.insert(port)
          found.append(port)
        }
      }
      return found
    }
  }

  private static func isFree(_ port: Int) -> Bool {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    precondition(socket >= 0, "no socket")
    defer { close(socket) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
