internal import EventLoop

/// The line between a part of an installation and one of its servers: it can be cut, closed for a while,
/// or made slow. Loop-confined.
final class FaultyLink {
  private let target: () -> SocketAddress
  private let loop: EventLoop
  private var listener: StreamListener?
  private var connections: [ObjectIdentifier: LinkedConnection] = [:]

  /// Nobody gets through, and who was through is cut off.
  var isSevered = false {
    didSet { if isSevered { cut() } }
  }
  /// How long whatever is sent takes from now on, in each direction; nil for no time.
  var delay: Duration?

  /// - Parameter target: where the server is reached, asked for each connection.
  /// - Throws: `EventLoopError` when there is no port to listen on.
  init(to target: @escaping () -> SocketAddress, loop: EventLoop) throws {
    self.target = target
    self.loop = loop
    listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
      [weak self] in self?.accept($0)
    }
  }

  /// The port of 127.0.0.1 that stands for the server.
  var port: Int {
    guard case .tcp(_, let port)? = listener?.address else { return 0 }
    return port
  }

  /// Cuts off everybody; who comes again gets through.
  func cut() {
    for connection in connections.values { connection.cut() }
    connections = [:]
  }

  func close() {
    listener?.close()
    cut()
  }

  private func accept(_ client: ByteStream) {
    guard !isSevered else { return client.reset() }
    let connection = LinkedConnection(client, loop: loop) { [weak self] in self?.delay }
    let id = ObjectIdentifier(connection)
    connections[id] = connection
    connection.onCut = { [weak self] in self?.connections[id] = nil }
    connection.start(to: target())
  }
}

/// Two connections that stand for one.
private final class LinkedConnection {
  private let client: ByteStream
  private var server: ByteStream?
  private let loop: EventLoop
  private let outward: DelayedLine
  private let homeward: DelayedLine
  var onCut: (() -> Void)?
  private static let connectTimeout = Duration.seconds(2)

  init(_ client: ByteStream, loop: EventLoop, delay: @escaping () -> Duration?) {
    self.client = client
    self.loop = loop
    outward = DelayedLine(loop: loop, delay: delay)
    homeward = DelayedLine(loop: loop, delay: delay)
  }

  func start(to target: SocketAddress) {
    client.onEnd = { [weak self] _ in self?.end() }
    loop.spawn { [self] in
      guard
        let server = try? await ByteStream.connect(
          to: target, on: loop, deadline: Self.connectTimeout), !client.isClosed
      else { return end() }
      self.server = server
      server.onEnd = { [weak self] _ in self?.end() }
      outward.join(client, server)
      homeward.join(server, client)
    }
  }

  /// As a broken network does it: what is under way is lost.
  func cut() {
    client.reset()
    end()
  }

  /// One side has ended, and so does the other.
  private func end() {
    outward.stop()
    homeward.stop()
    client.close()
    server?.close()
    server = nil
    onCut?()
    onCut = nil
  }
}

/// What goes in one direction, in its order, each part after its delay.
private final class DelayedLine {
  private let loop: EventLoop
  private let delay: () -> Duration?
  private var waiting: [(due: UInt64, bytes: [UInt8])] = []
  private var timer: EventLoopTimer?
  private weak var source: ByteStream?
  private weak var sink: ByteStream?

  /// A sender is held back beyond so many bytes that its reader has not taken.
  private static let maximumQueue = 1 << 20

  init(loop: EventLoop, delay: @escaping () -> Duration?) {
    self.loop = loop
    self.delay = delay
  }

  func join(_ source: ByteStream, _ sink: ByteStream) {
    self.source = source
    self.sink = sink
    source.onRead = { [weak self] in self?.received($0) }
    sink.onDrained = { [weak self] in self?.source?.startReading() }
    source.startReading()
  }

  func stop() {
    timer?.cancel()
    timer = nil
    waiting = []
    source = nil
    sink = nil
  }

  private func received(_ bytes: UnsafeRawBufferPointer) {
    let delay = delay()
    guard delay != nil || !waiting.isEmpty else { return pass(bytes) }
    let due = EventLoop.nanoseconds() + UInt64((delay ?? .zero).milliseconds) * 1_000_000
    waiting.append((max(due, waiting.last?.due ?? 0), Array(bytes)))
    arm()
  }

  private func arm() {
    guard timer == nil, let first = waiting.first else { return }
    let now = EventLoop.nanoseconds()
    timer = loop.schedule(after: .nanoseconds(Int64(first.due > now ? first.due - now : 0))) {
      [weak self] in self?.passDue()
    }
  }

  private func passDue() {
    timer = nil
    let now = EventLoop.nanoseconds()
    var passed = 0
    while passed < waiting.count, waiting[passed].due <= now + 1_000_000 {
      waiting[passed].bytes.withUnsafeBytes { pass($0) }
      passed += 1
    }
    waiting.removeFirst(min(passed, waiting.count))
    arm()
  }

  private func pass(_ bytes: UnsafeRawBufferPointer) {
    guard let sink else { return }
    sink.write(bytes)
    if sink.queuedBytes > Self.maximumQueue { source?.pauseReading() }
  }
}
