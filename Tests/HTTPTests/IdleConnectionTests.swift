import EventLoop
import Glibc
import HTTP
import TestSupport
import Testing

@Suite struct IdleConnectionTests {
  private static let count = 10_000
  /// Client ends that a child process holds, so that both ends fit into common descriptor limits.
  private static let parkedCount = 6000
  /// Descriptors left to the other tests of the process.
  private static let reserve = 1000

  @Test func `ten thousand idle connections do not hinder a request, and a drain ends them`()
    async throws
  {
    try Self.raiseDescriptorLimit()
    let (response, last, remaining) = try await withServer { test in
      guard case .tcp(_, let port) = test.server.address else { fatalError("a TCP server") }
      let parked = try await Self.connect(Self.parkedCount, to: test.server, port)
      let holder = try Self.spawnHolder()
      defer { Self.end(holder) }
      for client in parked { Glibc.close(client) }
      let clients = try await Self.connect(Self.count - Self.parkedCount, to: test.server, port)
      defer { for client in clients { Glibc.close(client) } }
      let response = try await test.ask("GET /a HTTP/1.1\r\nHost: a\r\n\r\n")
      try await eventually { test.server.connectionCount == Self.count }
      let last = try await Self.exchange(clients.last!)
      await test.server.drain(deadline: .seconds(20))
      return (response, last, test.server.connectionCount)
    }
    #expect(response.status == 200)
    #expect(last.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(remaining == 0)
  }

  private struct SystemError: Error {
    let code: Int32
  }

  private static func raiseDescriptorLimit() throws {
    let needed = rlim_t(2 * count - parkedCount + reserve)
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    var limit = rlimit()
    getrlimit(resource, &limit)
    if limit.rlim_cur >= needed { return }
    limit = rlimit(rlim_cur: needed, rlim_max: max(limit.rlim_max, needed))
    guard setrlimit(resource, &limit) == 0 else { throw SystemError(code: errno) }
  }

  /// A process that inherits the descriptors of this moment and does nothing.
  private static func spawnHolder() throws -> pid_t {
    var holder = pid_t()
    var arguments = [strdup("sleep"), strdup("60"), nil]
    defer { for argument in arguments { free(argument) } }
    let status = posix_spawn(&holder, "/bin/sleep", nil, nil, &arguments, environ)
    guard status == 0 else { throw SystemError(code: status) }
    return holder
  }

  private static func end(_ holder: pid_t) {
    kill(holder, SIGKILL)
    var status: Int32 = 0
    waitpid(holder, &status, 0)
  }

  /// Connects in steps that the listener's backlog holds.
  private static func connect(
    _ count: Int, to server: HTTPServer, _ port: Int
  ) async throws -> [Int32] {
    let before = server.connectionCount
    var clients: [Int32] = []
    while clients.count < count {
      for _ in 0..<min(500, count - clients.count) { clients.append(try connect(port)) }
      try await eventually { server.connectionCount == before + clients.count }
    }
    return clients
  }

  /// A plain blocking socket: the kernel completes the connection before the server accepts it.
  private static func connect(_ port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw SystemError(code: errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard status == 0 else { throw SystemError(code: errno) }
    return descriptor
  }

  private static func exchange(_ descriptor: Int32) async throws -> String {
    let request = Array("GET /last HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
    guard Glibc.send(descriptor, request, request.count, 0) == request.count else {
      throw SystemError(code: errno)
    }
    var buffer = [UInt8](repeating: 0, count: 4096)
    var received = 0
    try await eventually {
      received = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
      return received > 0
    }
    return String(decoding: buffer[..<received], as: UTF8.self)
  }
}
