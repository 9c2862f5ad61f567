import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct ClusterTopologyTests {
  private let asked = SocketAddress.tcp(host: "10.0.0.9", port: 7000)

  private func server(_ host: String?, _ port: Int) -> RedisValue {
    .array([
      host.map { .string(Array($0.utf8)) } ?? .null, .integer(port), .string(Array("id".utf8)),
    ])
  }

  private func range(_ first: Int, _ last: Int, _ servers: RedisValue...) -> RedisValue {
    .array([.integer(first), .integer(last)] + servers)
  }

  @Test func `each slot leads to its master`() throws {
    let reply = RedisValue.array([
      range(0, 5460, server("10.0.0.1", 7001), server("10.0.0.4", 7004)),
      range(5461, 10_922, server("10.0.0.2", 7002)),
      range(10_923, 16_383, server("10.0.0.3", 7003), server("10.0.0.6", 7006)),
    ])
    let topology = try ClusterTopology(slots: reply, from: asked)
    #expect(topology[0] == .tcp(host: "10.0.0.1", port: 7001))
    #expect(topology[5460] == .tcp(host: "10.0.0.1", port: 7001))
    #expect(topology[5461] == .tcp(host: "10.0.0.2", port: 7002))
    #expect(topology[16_383] == .tcp(host: "10.0.0.3", port: 7003))
    #expect(topology.isCovered)
    #expect(topology.masters.count == 3)
    #expect(topology.replicas.count == 2)
  }

  @Test
  func `a server without a host is where the answer came from, one with a question mark nowhere`()
    throws
  {
    let reply = RedisValue.array([
      range(0, 1, server(nil, 7001)), range(2, 2, server("", 7002)), range(3, 3, server("?", 7003)),
      range(4, 4, server("2001:db8::1", 7004)),
    ])
    let topology = try ClusterTopology(slots: reply, from: asked)
    #expect(topology[1] == .tcp(host: "10.0.0.9", port: 7001))
    #expect(topology[2] == .tcp(host: "10.0.0.9", port: 7002))
    #expect(topology[3] == nil)
    #expect(topology[4] == .tcp(host: "2001:db8::1", port: 7004))
    #expect(topology[5] == nil)
    #expect(!topology.isCovered)
  }

  @Test func `what is no list of slots is refused`() {
    let malformed: [RedisValue] = [
      .null, .integer(1), .array([.integer(1)]), .array([.array([])]),
      .array([range(0, 1)]), .array([range(5, 4, server("a", 1))]),
      .array([range(-1, 4, server("a", 1))]), .array([range(0, 16_384, server("a", 1))]),
      .array([range(0, 1, .integer(4))]), .array([range(0, 1, server("a", 65_536))]),
      .array([range(0, 1, server("a", -1))]),
    ]
    for reply in malformed {
      #expect(throws: RedisError.self, "\(reply)") {
        try ClusterTopology(slots: reply, from: self.asked)
      }
    }
  }

  @Test func `any layout and any moves lead where a table of slots leads`() throws {
    var random = SeededGenerator()
    for _ in 0..<30 {
      let servers = (1...Int.random(in: 1...12, using: &random)).map {
        SocketAddress.tcp(host: "10.1.0.\($0)", port: 6379)
      }
      var table = [SocketAddress?](repeating: nil, count: HashSlot.count)
      var ranges: [RedisValue] = []
      var next = 0
      while next < HashSlot.count {
        let last = min(HashSlot.count - 1, next + Int.random(in: 0...3000, using: &random))
        if Int.random(in: 0..<8, using: &random) > 0 {
          let owner = servers.randomElement(using: &random)!
          guard case .tcp(let host, let port) = owner else { continue }
          ranges.append(range(next, last, server(host, port)))
          for slot in next...last { table[slot] = owner }
        }
        next = last + 1
      }
      var topology = try ClusterTopology(
        slots: .array(ranges.shuffled(using: &random)), from: asked)
      for _ in 0..<200 {
        let slot = Int.random(in: 0..<HashSlot.count, using: &random)
        let owner = servers.randomElement(using: &random)!
        topology.assign(slot...slot, to: owner)
        table[slot] = owner
      }
      #expect((0..<HashSlot.count).allSatisfy { topology[$0] == table[$0] })
      #expect(topology.isCovered == !table.contains(nil))
    }
  }

  @Test func `redirects are read from errors, and nothing else is one`() {
    func redirect(_ line: String) -> Redirect? {
      Redirect(RedisError(serverLine: line), from: asked)
    }
    #expect(
      redirect("MOVED 3999 127.0.0.1:6381")
        == .moved(slot: 3999, to: .tcp(host: "127.0.0.1", port: 6381)))
    #expect(redirect("MOVED 1 :7005") == .moved(slot: 1, to: .tcp(host: "10.0.0.9", port: 7005)))
    #expect(redirect("ASK 12 2001:db8::2:7006") == .ask(.tcp(host: "2001:db8::2", port: 7006)))
    for line in [
      "TRYAGAIN Multiple keys request during rehashing of slot", "CLUSTERDOWN The cluster is down",
      "LOADING Redis is loading the dataset in memory", "MASTERDOWN Link with MASTER is down",
      "READONLY You can't write against a read only replica.",
    ] {
      #expect(redirect(line) == .later)
    }
    for line in [
      "ERR unknown command", "MOVED", "MOVED x 127.0.0.1:1", "MOVED 16384 127.0.0.1:1",
      "MOVED 1 127.0.0.1", "MOVED 1 127.0.0.1:x", "ASK 1 ?:7000", "NOSCRIPT No matching script",
    ] {
      #expect(redirect(line) == nil, "\(line)")
    }
    #expect(Redirect(.disconnected, from: asked) == nil)
  }

  @Test func `a view holds the epoch and the slots, and a server without any slots has none`()
    throws
  {
    let information = RedisValue.string(
      Array("cluster_state:ok\r\ncluster_current_epoch:12\r\ncluster_my_epoch:3\r\n".utf8))
    let slots = RedisValue.array([range(0, 16_383, server("10.0.0.1", 7001))])
    #expect(try ClusterView([information, slots], from: asked).epoch == 12)
    #expect(throws: RedisError.self) { try ClusterView([information, .array([])], from: asked) }
    #expect(throws: RedisError.self) {
      try ClusterView(
        [.error(.server(code: "ERR", message: "no cluster")), slots], from: asked)
    }
  }
}
