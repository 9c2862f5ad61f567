import EventLoop
import Glibc
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

  @Test(arguments: [false, true])
  func `a stream's end is told once, behind all bytes, and says whether it was in order`(
    isReset: Bool
  ) async throws {
    let ending = try await withEventLoop { loop in
      var accepted: ByteStream?
      var log: [String] = []
      var connection: ByteStream?
      var listener: StreamListener?
      let ended = await withCheckedContinuation { continuation in
        listener = try? StreamListener(on: .tcp(host: "127.0.0.1", port: 0), loop: loop) {
          accepted = $0
          accepted!.onRead = { bytes in
            log.append("read \(bytes.count)")
            // Whatever else the other side does, it does now that these bytes have come.
            if isReset { connection?.reset() } else { connection?.endWriting() }
          }
          accepted!.onEnd = { error in
            log.append("ended")
            continuation.resume(returning: error)
          }
          accepted!.startReading()
        }
        loop.spawn {
          connection = try? await ByteStream.connect(to: listener!.address, on: loop)
          [UInt8](repeating: 7, count: 10).withUnsafeBytes { connection?.write($0) }
        }
      }
      // A second word of the end would come soon.
      await loop.sleep(for: .milliseconds(5))
      accepted?.close()
      listener?.close()
      return (log: log, error: ended.map { "\($0)" })
    }
    #expect(ending.log == ["read 10", "ended"])
    #expect((ending.error != nil) == isReset)
    if let error = ending.error { #expect(error.contains("ECONNRESET")) }
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

  @Test func `what cannot be watched is an error`() async throws {
    let text = try await withEventLoop { loop in
      let descriptor = open("/dev/null", O_RDONLY)
      defer { Glibc.close(descriptor) }
      do throws(EventLoopError) {
        _ = try DescriptorWatcher(descriptor: descriptor, loop: loop) { _ in }
        return ""
      } catch {
        return "\(error)"
      }
    }
    #expect(text.contains("EPERM"))
  }

  @Test func `a cancelled sleep returns at once`() async throws {
    try await withEventLoop { loop in
      let task = loop.spawn { await loop.sleep(for: .seconds(3600)) }
      task.cancel()
      await task.value
    }
  }
}
