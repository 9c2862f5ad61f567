import EventLoop
import Glibc
import TestSupport
import Testing

/// How what hangs on a loop ends: with the loop, when its last user goes, or because it is told to.
@Suite struct HandleEndTests {
  @Test func `a loop ends with handles whose callbacks hold their own users`() async throws {
    final class Holder {
      var streams: [ByteStream] = []
      var timer: EventLoopTimer?
    }
    for _ in 0..<20 {
      try await withEventLoop { loop in
        let holder = Holder()
        let listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
          stream in
          stream.onRead = { _ in holder.streams = [stream] }
          stream.startReading()
        }
        let client = try await ByteStream.connect(to: listener.address, on: loop)
        client.onRead = { _ in holder.streams = [client] }
        client.onEnd = { _ in listener.close() }
        client.startReading()
        holder.timer = loop.schedule(after: .seconds(3600)) { holder.streams = [] }
      }
    }
  }

  @Test func `what is let go of on another thread is closed on its loop`() async throws {
    try await withEventLoop { loop in
      var accepted: [ByteStream] = []
      var ended = 0
      let listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
        stream in
        accepted.append(stream)
        stream.onRead = { stream.write($0) }
        stream.onEnd = { _ in
          ended += 1
          stream.close()
        }
        stream.startReading()
      }
      var opened = 0
      for _ in 0..<30 {
        let players = try await Self.play(4, with: listener.address, on: loop)
        opened += 4
        LoopThread.start(name: "elsewhere") { players.value.release() }
      }
      // Nobody but the players keeps a client open.
      try await eventually("the end of all clients") { ended == opened }
      listener.close()
    }
  }

  @Test func `a watcher that is cancelled on another thread lets go of its descriptor on its loop`()
    async throws
  {
    let wasOnLoop = try await withEventLoop { loop in
      var ends: [Int32] = [-1, -1]
      try #require(pipe(&ends) == 0)
      let (descriptor, other) = (ends[0], ends[1])
      let watcher = try DescriptorWatcher(descriptor: descriptor, loop: loop) { _ in }
      watcher.watch(.readable)
      let confined = LoopConfined(watcher)
      return await withCheckedContinuation { continuation in
        LoopThread.start(name: "elsewhere") {
          confined.value.cancel {
            Glibc.close(descriptor)
            Glibc.close(other)
            continuation.resume(returning: loop.isCurrent)
          }
        }
      }
    }
    #expect(wasOnLoop)
  }

  @Test func `a watcher of a loop that has ended lets go of its descriptor at once`() async throws {
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { Glibc.close(end) } }
    let loop = EventLoop(name: "ending")
    let ended = AsyncStream<Void>.makeStream()
    LoopThread.start(name: "ending") {
      loop.run()
      ended.continuation.finish()
    }
    let watcher = try await loop.submit { [descriptor = ends[0]] in
      LoopConfined(try DescriptorWatcher(descriptor: descriptor, loop: loop) { _ in })
    }
    loop.stop()
    for await _ in ended.stream {}
    var isLetGo = false
    watcher.value.cancel { isLetGo = true }
    #expect(isLetGo)
  }

  @Test(arguments: [false, true])
  func `a stream that has broken is told so at the end of the tick, unless it is closed by then`(
    isClosed: Bool
  ) async throws {
    let ends = try await withEventLoop { loop in
      var accepted: ByteStream?
      let listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
        accepted = $0
      }
      let client = try await ByteStream.connect(to: listener.address, on: loop)
      try await eventually("a connection") { accepted != nil }
      var ends = 0
      client.onEnd = { _ in ends += 1 }
      accepted!.reset()
      // Nothing is read: it is the write that finds out.
      let bytes = [UInt8](repeating: 0, count: 100)
      for _ in 0..<2 { bytes.withUnsafeBytes { client.write($0) } }
      if isClosed { client.close() }
      await withCheckedContinuation { continuation in
        loop.atEndOfTick { continuation.resume() }
      }
      listener.close()
      return ends
    }
    #expect(ends == (isClosed ? 0 : 1))
  }

  @Test func `a loop that ends while names are looked up closes what was connecting`() async throws
  {
    for _ in 0..<20 {
      let loop = EventLoop.start(name: "ending")
      let begun = AsyncStream<Void>.makeStream()
      loop.execute {
        for _ in 0..<8 {
          loop.spawn {
            _ = try? await ByteStream.connect(to: .tcp(host: "localhost", port: 9), on: loop)
          }
        }
        loop.atEndOfTick {
          loop.stop()
          begun.continuation.finish()
        }
      }
      for await _ in begun.stream {}
    }
  }

  /// Clients that send back what they get, each beside a timer of its own.
  private static func play(
    _ count: Int, with address: SocketAddress, on loop: EventLoop
  ) async throws -> LoopConfined<Unmanaged<Players>> {
    let players = Players()
    for _ in 0..<count {
      let stream = try await ByteStream.connect(to: address, on: loop)
      stream.onRead = { [weak stream] in stream?.write($0) }
      stream.startReading()
      [UInt8](repeating: 1, count: 10).withUnsafeBytes { stream.write($0) }
      players.streams.append(stream)
      let timer = EventLoopTimer(loop: loop) {}
      timer.start(after: .milliseconds(1), every: .milliseconds(1))
      players.timers.append(timer)
    }
    return LoopConfined(Unmanaged.passRetained(players))
  }

  private final class Players {
    var streams: [ByteStream] = []
    var timers: [EventLoopTimer] = []
  }
}
