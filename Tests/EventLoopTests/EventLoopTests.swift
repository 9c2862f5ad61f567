import EventLoop
import TestSupport
import Testing

@Suite struct EventLoopTests {
  @Test func `a spawned function stays on its loop across suspensions`() async throws {
    let stayed = try await withEventLoop { loop in
      var stayed = loop.isCurrent
      for _ in 0..<10 {
        await Task.yield()
        stayed = stayed && loop.isCurrent
      }
      await loop.sleep(for: .milliseconds(1))
      return stayed && loop.isCurrent
    }
    #expect(stayed)
  }

  @Test func `a stream carries more than the kernel takes at once, in order`() async throws {
    let total = 8 * 1024 * 1024
    let received = try await withEventLoop { loop in
      var accepted: ByteStream?
      let listener = try StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
        accepted = $0
        let block = [UInt8]((0..<total).map { UInt8(truncatingIfNeeded: $0 / 251) })
        block.withUnsafeBytes { accepted!.write($0) }
        accepted!.endWriting()
      }
      let client = try await ByteStream.connect(to: listener.address, on: loop)
      var count = 0
      var inOrder = true
      await withCheckedContinuation { continuation in
        client.onRead = { bytes in
          for byte in bytes {
            inOrder = inOrder && byte == UInt8(truncatingIfNeeded: count / 251)
            count += 1
          }
        }
        client.onEnd = { _ in continuation.resume() }
        client.startReading()
      }
      client.close()
      listener.close()
      return inOrder ? count : -1
    }
    #expect(received == total)
  }

  @Test func `connecting where nobody listens fails with the address in the error`() async throws {
    let text = try await withEventLoop { loop in
      do {
        _ = try await ByteStream.connect(to: .unix(path: "/nonexistent/socket"), on: loop)
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(text.contains("/nonexistent/socket"))
    #expect(text.contains("ENOENT"))
  }

  @Test func `work gathered in one tick runs before the loop sleeps`() async throws {
    let order = try await withEventLoop { loop in
      var order: [Int] = []
      await withCheckedContinuation { continuation in
        loop.atEndOfTick {
          order.append(2)
          continuation.resume()
        }
        order.append(1)
      }
      return order
    }
    #expect(order == [1, 2])
  }

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

  @Test func `a cancelled sleep returns at once`() async throws {
    try await withEventLoop { loop in
      let task = loop.spawn { await loop.sleep(for: .seconds(3600)) }
      task.cancel()
      await task.value
    }
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
}
