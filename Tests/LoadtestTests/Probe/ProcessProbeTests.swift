import EventLoop
import Foundation
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct ProcessProbeTests {
  @Test func `sockets that listen are told from others`() {
    let table = """
        sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
         0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0
         1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0
         2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0
      """
    #expect(ProcessProbe.listening(onPort: 8080, in: table) == ["4711"])
    #expect(ProcessProbe.listening(onPort: 80, in: table).isEmpty)
  }

  @Test func `a server is found by its port, with what it uses`() async throws {
    try await withEventLoop { loop in
      let server = try TinyServer(loop: loop) { _ in .ignore }
      let target = try #require(Target(url: server.url))
      let own = ProcessInfo.processInfo.processIdentifier
      guard case .tcp(_, let port) = target.address else { return }
      #expect(ProcessProbe.listeners(onPort: port) == [own])
      let processes = ProcessProbe(target: target, others: []).read()
      #expect(processes.contains { $0.memory > 1_000_000 && $0.descriptors > 3 })
    }
  }

  @Test func `a process that has ended uses nothing`() {
    #expect(ProcessProbe.memory(of: -1) == 0)
    #expect(ProcessProbe.descriptors(of: -1) == 0)
  }
}
