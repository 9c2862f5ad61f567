import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct FaultyLinkTests {
  /// A server that says again what it hears, and a client of it by way of a link. Loop-confined.
  private final class Line {
    let link: FaultyLink
    let loop: EventLoop
    private let listener: StreamListener
    private var served: [ByteStream] = []
    private var client: ByteStream?
    var heard = ""
    var isBroken = false

    init(_ folder: String, loop: EventLoop) throws {
      self.loop = loop
      let path = "\(folder)/echo.sock"
      let box = Box()
      listener = try StreamListener(on: .unix(path: path), loop: loop) { stream in
        box.streams.append(stream)
        stream.onRead = { [weak stream] in stream?.write($0) }
        stream.startReading()
      }
      link = try FaultyLink(to: { .unix(path: path) }, loop: loop)
    }

    private final class Box { var streams: [ByteStream] = [] }

    func connect() async throws {
      isBroken = false
      let stream = try await ByteStream.connect(
        to: .tcp(host: "127.0.0.1", port: link.port), on: loop)
      stream.onRead = { [weak self] in self?.heard += String(decoding: $0, as: UTF8.self) }
      stream.onEnd = { [weak self] _ in self?.isBroken = true }
      stream.startReading()
      client = stream
    }

    func say(_ text: String) { Array(text.utf8).withUnsafeBytes { client?.write($0) } }

    func close() {
      client?.close()
      link.close()
      listener.close()
    }
  }

  private func withLine(
    _ body: @escaping @Sendable (Line) async throws -> Void
  ) async throws {
    let folder = TestFolder.make("link")
    defer { TestFolder.remove(folder) }
    try await withEventLoop { loop in
      let line = try Line(folder, loop: loop)
      defer { line.close() }
      try await line.connect()
      try await body(line)
    }
  }

  @Test func `what is said is heard, late where the line is slow, and in its order`() async throws {
    try await withLine { line in
      line.say("a")
      try await eventually("it is heard") { line.heard == "a" }
      line.link.delay = .milliseconds(50)
      let start = EventLoop.nanoseconds()
      line.say("b")
      line.say("c")
      line.link.delay = .milliseconds(50)
      try await eventually("it is heard") { line.heard == "abc" }
      #expect(EventLoop.nanoseconds() - start >= 90_000_000)
      line.link.delay = nil
      line.say("d")
      try await eventually("it is heard") { line.heard == "abcd" }
    }
  }

  @Test func `who is cut off comes again, unless the line is severed`() async throws {
    try await withLine { line in
      line.link.cut()
      try await eventually("the line breaks") { line.isBroken }
      try await line.connect()
      line.say("a")
      try await eventually("it is heard") { line.heard == "a" }
      line.link.isSevered = true
      try await eventually("the line breaks") { line.isBroken }
      // Either it cannot connect, or it is cut off at once.
      do { try await line.connect() } catch { line.isBroken = true }
      try await eventually("nobody gets through") { line.isBroken }
      line.link.isSevered = false
      try await line.connect()
      line.say("b")
      try await eventually("it is heard") { line.heard == "ab" }
    }
  }
}
