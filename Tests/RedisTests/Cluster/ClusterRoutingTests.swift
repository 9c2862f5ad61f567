import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct ClusterRoutingTests {
  @Test func `each key leads to its server, and keys with one tag have one client`() async throws {
    try await withFakeCluster { cluster, router in
      for number in 0..<60 {
        let key = "key\(number)"
        let server = try await answer(for: key, router)
        #expect(server == cluster.owners[HashSlot.of(key)])
      }
      #expect(router.client(for: "{cell}:a") === router.client(for: "{cell}:b"))
      #expect(router.servers.count == 3)
      #expect(router.isComplete && router.waitingFor == [])
    }
  }

  @Test func `a moved slot is followed within the call, and known from then on`() async throws {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      let first = try await answer(for: key, router)
      #expect(first == 0)
      let client = router.client(for: key)
      var states: [RedisClient.State] = []
      client.onStateChange = { states.append($0) }
      cluster.owners[HashSlot.of(key)] = 2
      #expect(try await answer(for: key, router) == 2)
      #expect(router.client(for: key) === client)
      // Whoever goes by the server's identity must see the change.
      #expect(states == [.connecting, .ready])
      let before = cluster.servers[0].commands.count { $0.first == "GET" }
      #expect(try await answer(for: key, router) == 2)
      #expect(cluster.servers[0].commands.count { $0.first == "GET" } == before)
    }
  }

  @Test func `a key on its way is asked for at its new server, without believing that it moved`()
    async throws
  {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      let slot = HashSlot.of(key)
      var asking = false
      cluster.onCommand = { [unowned cluster] server, words in
        if server == 0, words[0] == "GET" { return "-ASK \(slot) 127.0.0.1:\(cluster.port(1))\r\n" }
        if server == 1, words[0] == "ASKING" { asking = true }
        guard server == 1, words[0] == "GET" else { return nil }
        defer { asking = false }
        return asking ? ":77\r\n" : nil
      }
      for _ in 0..<2 {
        let number = try await answer(for: key, router)
        #expect(number == 77)
      }
      #expect(cluster.servers[0].commands.count { $0.first == "GET" } == 2)
    }
  }

  @Test(arguments: ["TRYAGAIN x", "CLUSTERDOWN x", "LOADING x", "MASTERDOWN x"])
  func `what nobody serves yet is tried again`(line: String) async throws {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 1)
      var refusals = 3
      cluster.onCommand = { server, words in
        guard words[0] == "GET", refusals > 0 else { return nil }
        refusals -= 1
        return "-\(line)\r\n"
      }
      let server = try await answer(for: key, router)
      #expect(server == 1)
      #expect(refusals == 0)
    }
  }

  @Test func `servers that send a key back and forth are left after a few turns`() async throws {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      let slot = HashSlot.of(key)
      cluster.onCommand = { [unowned cluster] server, words in
        words[0] == "GET"
          ? "-MOVED \(slot) 127.0.0.1:\(cluster.port((server + 1) % 3))\r\n" : nil
      }
      let error = await redisError { _ = try await answer(for: key, router) }
      #expect(error?.isServer("MOVED") == true)
      let asked = cluster.servers.reduce(0) { $0 + $1.commands.count { $0.first == "GET" } }
      #expect(asked <= RedisLimits.redirects + 1)
    }
  }

  @Test func `a key that stays without a server is given up in the call's time`() async throws {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      cluster.onCommand = { server, words in
        words[0] == "GET" ? "-CLUSTERDOWN Hash slot not served\r\n" : nil
      }
      let stopwatch = Stopwatch()
      let error = await redisError {
        _ = try await router.client(for: key).send(
          RedisCommand("GET", key), timeout: .milliseconds(60))
      }
      #expect(error?.isServer("CLUSTERDOWN") == true)
      #expect(stopwatch.elapsed < .seconds(2))
    }
  }

  @Test func `a crowd of redirects asks for the layout a few times only`() async throws {
    try await withFakeCluster { cluster, router in
      await router.loop.sleep(for: .milliseconds(60))
      let before = cluster.looks
      let key = cluster.key(of: 0)
      cluster.reality[HashSlot.of(key)] = 1
      let client = router.client(for: key)
      let start = router.loop.milliseconds
      var refused = 0
      for round in 0..<40 {
        for _ in 0..<25 {
          client.call(write: { RedisCommand("GET", key).write(into: &$0) }) { reply in
            if reply.isError("MOVED") { refused += 1 }
          }
        }
        // The layout that is told contradicts what the servers do.
        if round % 4 == 3 { await router.loop.sleep(for: .milliseconds(5)) }
      }
      let isDone = await poll(on: router.loop) { client.pendingCount == 0 }
      #expect(isDone)
      #expect(refused > 0)
      let elapsed = Int(router.loop.milliseconds - start)
      #expect(cluster.looks - before <= 2 + elapsed / 20, "\(elapsed) ms")
    }
  }

  @Test func `a server that was cut off does not bring old times back`() async throws {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      let slot = HashSlot.of(key)
      cluster.epoch = 9
      cluster.owners[slot] = 1
      #expect(try await answer(for: key, router) == 1)
      let knows = await poll(on: router.loop) { cluster.looks > 1 }
      #expect(knows)
      // One of the three tells of epoch 3, in which the slot was its own.
      let (old, information) = (cluster.owners, "cluster_current_epoch:3\r\n")
      _ = old
      cluster.onCommand = { server, words in
        guard server == 2, words == ["CLUSTER", "INFO"] else { return nil }
        return "$\(information.utf8.count)\r\n\(information)\r\n"
      }
      for _ in 0..<10 {
        // A refusal has the layout looked at anew.
        cluster.servers[0].disconnect()
        await router.loop.sleep(for: .milliseconds(20))
      }
      try await router.whenReady(deadline: .seconds(60))
      #expect(try await answer(for: key, router) == 1)
    }
  }

  @Test func `a lost server fails its own keys only, and a new one takes them over`() async throws {
    try await withFakeCluster { cluster, router in
      let (lost, kept) = (cluster.key(of: 0), cluster.key(of: 1))
      cluster.servers[0].close()
      let isNoticed = await poll(on: router.loop) { router.client(for: lost).state != .ready }
      #expect(isNoticed)
      #expect(await redisError { _ = try await answer(for: lost, router) } == .disconnected)
      #expect(try await answer(for: kept, router) == 1)
      #expect(router.isReachable && !router.isComplete)
      #expect(router.waitingFor == ["redis at 127.0.0.1:\(cluster.port(0)): not connected"])
      // Its slots go to another one, and it is not missed any more.
      cluster.epoch += 1
      for slot in cluster.owners.indices where cluster.owners[slot] == 0 {
        cluster.owners[slot] = 2
      }
      try await router.whenReady(deadline: .seconds(60))
      #expect(try await answer(for: lost, router) == 2)
      #expect(router.servers.count == 2)
    }
  }

  @Test func `a server that joins is found`() async throws {
    try await withEventLoop { loop in
      let cluster = try FakeCluster(loop: loop, count: 3)
      defer { cluster.close() }
      for slot in cluster.owners.indices { cluster.owners[slot] = 0 }
      let router = RedisRouter(configuration: cluster.configuration, loop: loop)
      router.start()
      defer { router.close() }
      try await router.whenReady(deadline: .seconds(60))
      #expect(router.servers.count == 1)
      cluster.owners[HashSlot.of("new")] = 2
      #expect(try await answer(for: "new", router) == 2)
      #expect(router.servers.count == 2)
    }
  }

  @Test func `a script that a server lacks is not given to the next server of the key`()
    async throws
  {
    try await withFakeCluster { cluster, router in
      let key = cluster.key(of: 0)
      cluster.onCommand = { server, words in words[0] == "EVALSHA" && server == 0 ? "" : nil }
      let client = router.client(for: key)
      var text: String?
      client.evaluate(Script(name: "x", source: "return 1"), keyCount: 1, argumentCount: 0) {
        $0.argument(key)
      } completion: { reply in
        text = reply.text
      }
      let isSent = await poll(on: router.loop) {
        cluster.servers[0].commands.contains { $0.first == "EVALSHA" }
      }
      #expect(isSent)
      cluster.owners[HashSlot.of(key)] = 1
      // Somebody else hears first that the slot has moved.
      let other = router.dedicatedClient(for: Array(key.utf8), name: "other")
      defer { other.close() }
      try await other.whenReady(deadline: .seconds(60))
      var isMoved = false
      other.call(write: { RedisCommand("GET", key).write(into: &$0) }) {
        isMoved = $0.isError("MOVED")
      }
      let isTold = await poll(on: router.loop) { isMoved }
      #expect(isTold)
      #expect(client.address == cluster.servers[1].configuration.address)
      for server in cluster.servers.prefix(1) { server.send("-NOSCRIPT No matching script.\r\n") }
      let isAnswered = await poll(on: router.loop) { text != nil }
      #expect(isAnswered)
      #expect(!cluster.servers[1].commands.contains { $0.first == "EVALSHA" })
    }
  }

  @Test func `subscribers and dedicated clients go on elsewhere`() async throws {
    try await withFakeCluster { cluster, router in
      cluster.onCommand = { _, words in
        words[0] == "SUBSCRIBE" ? "*3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:1\r\n" : nil
      }
      let subscriber = router.subscriber(name: "signals")
      subscriber.subscribe("c") { _, _ in }
      var gaps = 0
      subscriber.onGap = { gaps += 1 }
      subscriber.start()
      defer { subscriber.close() }
      try await subscriber.whenReady(deadline: .seconds(60))
      let home = try #require(
        cluster.servers.firstIndex { $0.commands.contains { $0.first == "SUBSCRIBE" } })
      cluster.servers[home].close()
      let isBack = await poll(on: router.loop) { gaps == 1 }
      #expect(isBack)
      let key = cluster.key(of: home)
      let dedicated = router.dedicatedClient(for: Array(key.utf8), name: "reader")
      defer { dedicated.close() }
      #expect(dedicated.state == .connecting)
      let next = (home + 1) % 3
      cluster.epoch += 1
      for slot in cluster.owners.indices where cluster.owners[slot] == home {
        cluster.owners[slot] = next
      }
      try await dedicated.whenReady(deadline: .seconds(60))
      #expect(dedicated.address == cluster.servers[next].configuration.address)
    }
  }

  @Test func `whatever moves, each call ends at the server that has its key`() async throws {
    try await withFakeCluster(5) { cluster, router in
      var random = SeededGenerator()
      var wrong = 0
      for _ in 0..<300 {
        let key = "key\(Int.random(in: 0..<200, using: &random))"
        switch Int.random(in: 0..<10, using: &random) {
        case 0:
          // A range of slots changes hands.
          let first = Int.random(in: 0..<HashSlot.count, using: &random)
          let last = min(HashSlot.count - 1, first + Int.random(in: 0..<2_000, using: &random))
          let owner = Int.random(in: 0..<5, using: &random)
          for slot in first...last { cluster.owners[slot] = owner }
          cluster.epoch += 1
        case 1:
          cluster.owners[HashSlot.of(key)] = Int.random(in: 0..<5, using: &random)
        case 2:
          cluster.servers.randomElement(using: &random)?.disconnect()
        case 3:
          await router.loop.sleep(for: .milliseconds(Int.random(in: 0..<8, using: &random)))
        default: break
        }
        // A call that was on a connection which broke is the caller's to repeat.
        try await eventually("an answer") {
          do {
            let found = try await answer(for: key, router)
            if found != cluster.owners[HashSlot.of(key)] { wrong += 1 }
            return true
          } catch RedisError.disconnected {
            return false
          }
        }
      }
      #expect(wrong == 0)
    }
  }

  @Test func `who waits for a server that then serves no more is told`() async throws {
    try await withEventLoop { loop in
      let cluster = try FakeCluster(loop: loop, count: 2)
      defer { cluster.close() }
      // The second takes no connections; the layout says so later.
      cluster.servers[1].close()
      let router = RedisRouter(configuration: cluster.configuration, loop: loop)
      router.start()
      defer { router.close() }
      var error: RedisError?
      let waiter = loop.spawn {
        error = await redisError { try await router.whenReady(deadline: .seconds(60)) }
      }
      #expect(await poll(on: loop) { router.waitingFor.count == 1 && router.isReachable })
      cluster.owners = cluster.owners.map { _ in 0 }
      await waiter.value
      #expect(error == nil)
    }
  }

  @Test func `a router without any server says so, and a call fails at once`() async throws {
    try await withEventLoop { loop in
      var configuration = RedisConfiguration(address: .tcp(host: "127.0.0.1", port: 1))
      configuration.deployment = .cluster(seeds: [configuration.address])
      let router = RedisRouter(configuration: configuration, loop: loop)
      router.start()
      defer { router.close() }
      #expect(await redisError { _ = try await answer(for: "a", router) } == .disconnected)
      let isTold = await poll(on: loop) { router.lastFailure != nil }
      #expect(isTold)
      #expect(
        router.waitingFor.count == 1 && router.waitingFor[0].hasPrefix("redis at 127.0.0.1:1"))
      #expect(!router.isReachable)
      let error = await redisError { try await router.whenReady(deadline: .milliseconds(50)) }
      #expect(error == .timedOut)
    }
  }
}

/// The number of the server that serves `key`, as the server itself says.
private func answer(for key: String, _ router: RedisRouter) async throws -> Int? {
  try await router.client(for: key).send(RedisCommand("GET", key)).integer
}
