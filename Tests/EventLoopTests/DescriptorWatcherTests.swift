import EventLoop
import Glibc
import TestSupport
import Testing

@Suite struct DescriptorWatcherTests {
  @Test func `what came before an error is read, and then the error is met`() async throws {
    try await withEventLoop { loop in
      var ends: [Int32] = [-1, -1]
      #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
      let (here, there) = (ends[0], ends[1])
      // The other end goes away with a byte that it has not read: an error, behind two bytes for this one.
      #expect(send(there, "ab", 2, 0) == 2)
      #expect(send(here, "c", 1, 0) == 1)
      #expect(close(there) == 0)
      var seen: [UInt8] = []
      var failure: Int32 = 0
      let watcher = try DescriptorWatcher(descriptor: here, loop: loop) { _ in
        var byte: UInt8 = 0
        if recv(here, &byte, 1, 0) == 1 { seen.append(byte) } else { failure = errno }
      }
      watcher.watch(.readable)
      try await eventually("the error is met") { failure != 0 }
      #expect(seen == Array("ab".utf8))
      #expect(failure == ECONNRESET)
      watcher.cancel { close(here) }
    }
  }
}
