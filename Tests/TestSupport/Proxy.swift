public import EventLoop
internal import Foundation

/// Stands between a client and a server, so that a test can cut or silence the line at a chosen
/// moment. Loop-confined.
public final class Proxy {
  private let target: SocketAddress
  private let loop: EventLoop
  private var listener: StreamListener?
  private var links: [Link] = []

  /// Bytes from the server are dropped while this is set.
  public var isSilent = false
  /// Looks at what the client sends; true cuts the line after passing it on, before any answer.
  public var cutsAfter: ((String) -> Bool)?
  public private(set) var accepted = 0

  private final class Link {
    let client: ByteStream
    var server: ByteStream?
    var early: [UInt8] = []
    var answersAreCut = false
    init(client: ByteStream) { self.client = client }

    func cut() {
      client.close()
      server?.close()
    }
  }

  public init(to socketPath: String, loop: EventLoop) throws {
    target = .unix(path: socketPath)
    self.loop = loop
    listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
      [unowned self] in accept($0)
    }
  }

  /// In front of the database at a URL with the folder of a Unix socket, as ``SharedServers`` gives.
  public convenience init(toDatabase url: String, loop: EventLoop) throws {
    let parts = url.split(separator: "?host=")
    precondition(parts.count == 2, "no URL of a socket: \(url)")
    let folder = parts[1].removingPercentEncoding ?? String(parts[1])
    try self.init(to: "\(folder)/.s.PGSQL.5432", loop: loop)
    database = parts[0].split(separator: "/").last.map(String.init) ?? ""
  }

  private var database = ""

  /// The URL of the database that it was made for, by way of the proxy.
  public var url: String { url(database: database) }

  public var port: Int {
    guard case .tcp(_, let port)? = listener?.address else { return 0 }
    return port
  }

  /// The URL of the same database by way of the proxy.
  public func url(host: String = "127.0.0.1", database: String) -> String {
    "postgresql://spillway@\(host):\(port)/\(database)?sslmode=disable&gssencmode=disable"
  }

  public func close() {
    listener?.close()
    cutAll()
  }

  public func cutAll() {
    for link in links { link.cut() }
    links = []
  }

  private func accept(_ client: ByteStream) {
    accepted += 1
    let link = Link(client: client)
    links.append(link)
    client.onRead = { [weak self, weak link] bytes in
      if let link { self?.fromClient(bytes, link) }
    }
    client.onEnd = { [weak link] _ in link?.cut() }
    client.startReading()
    let (target, loop) = (target, loop)
    loop.spawn { [weak self] in
      guard let server = try? await ByteStream.connect(to: target, on: loop) else {
        link.cut()
        return
      }
      self?.connected(link, server)
    }
  }

  private func connected(_ link: Link, _ server: ByteStream) {
    guard !link.client.isClosed else {
      server.close()
      return
    }
    link.server = server
    server.onRead = { [weak self, weak link] bytes in
      guard let self, let link, !isSilent else { return }
      if link.answersAreCut { link.cut() } else { link.client.write(bytes) }
    }
    server.onEnd = { [weak link] _ in link?.cut() }
    server.startReading()
    link.early.withUnsafeBytes { server.write($0) }
    link.early = []
  }

  private func fromClient(_ bytes: UnsafeRawBufferPointer, _ link: Link) {
    if let cutsAfter, cutsAfter(String(decoding: bytes, as: UTF8.self)) {
      link.answersAreCut = true
    }
    if let server = link.server { server.write(bytes) } else { link.early += bytes }
  }
}
