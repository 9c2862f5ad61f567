import EventLoop
import TestSupport
import Testing

@testable import Redis

@Suite struct RedisProtocolTests {
  @Test func `a reply that arrives byte by byte is whole in the end`() throws {
    let reader = ReplyReader()
    let text = "*4\r\n$5\r\nhe\r\no\r\n:-12\r\n*2\r\n$-1\r\n*0\r\n-ERR no\r\n+OK\r\n*-1\r\n"
    var values: [RedisValue] = []
    for byte in text.utf8 {
      try withUnsafeBytes(of: byte) { try reader.feed($0) }
      while let reply = try reader.next() { values.append(reply.value) }
    }
    let error = RedisValue.error(.server(code: "ERR", message: "no"))
    let first: RedisValue = .array([
      .string(Array("he\r\no".utf8)), .integer(-12), .array([.null, .array([])]), error,
    ])
    #expect(values == [first, .status("OK"), .null])
  }

  @Test func `strings of digits are read as numbers only when they are numbers`() throws {
    let cases: [(String, Int?)] = [
      ("0", 0), ("-1", -1), ("9223372036854775807", Int.max), ("-9223372036854775808", Int.min),
      ("9223372036854775808", nil), ("", nil), ("-", nil), ("1.5", nil), ("12a", nil),
      ("999999999999999999", 999_999_999_999_999_999),
    ]
    for (text, number) in cases {
      let reader = ReplyReader()
      try Array("$\(text.utf8.count)\r\n\(text)\r\n".utf8).withUnsafeBytes { try reader.feed($0) }
      #expect(try reader.next()?.decimal == number, "\(text)")
    }
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n", "\0\0\0\0", "*2147483647\r\n", "*999999999999\r\n",
    "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n",
  ])
  func `what is no reply ends the connection and the client makes a new one`(_ garbage: String)
    async throws
  {
    try await withFakeRedis { server, client in
      server.onCommand = { _ in garbage }
      let error = await redisError { _ = try await client.send(RedisCommand("GET", "a")) }
      #expect(error == .disconnected)
      #expect(client.lastFailure?.contains("protocol") == true)
      server.onCommand = { _ in "+fine\r\n" }
      try await client.whenReady(deadline: .seconds(60))
      #expect(try await client.send(RedisCommand("GET", "a")) == .status("fine"))
      #expect(server.connectionCount == 2)
    }
  }

  @Test func `a reply that nobody asked for ends the connection`() async throws {
    try await withFakeRedis { server, client in
      server.send("+surprise\r\n")
      #expect(await poll(on: client.loop) { server.connectionCount == 2 })
      #expect(client.lastFailure?.contains("no call asked for") == true)
    }
  }

  @Test func `replies cut at random places are never mixed up`() async throws {
    try await withFakeRedis { server, client in
      var generator = SeededGenerator()
      for _ in 0..<50 {
        let count = Int.random(in: 1...20, using: &generator)
        var answers: [String] = []
        for number in 0..<count {
          client.call { writer in
            writer.command(argumentCount: 1)
            writer.argument("GET" as StaticString)
          } completion: { reply in
            answers.append(reply.kind == .array ? reply[1].text : reply.text)
          }
          _ = number
        }
        let texts = (0..<count).map { number in
          number.isMultiple(of: 2)
            ? "$\("\(number)".count)\r\n\(number)\r\n" : "*2\r\n:7\r\n+\(number)\r\n"
        }
        var rest = Array(texts.joined().utf8)[...]
        while !rest.isEmpty {
          let piece = rest.prefix(Int.random(in: 1...8, using: &generator))
          rest = rest.dropFirst(piece.count)
          server.send(Array(piece))
          if Bool.random(using: &generator) { await Task.yield() }
        }
        #expect(await poll(on: client.loop) { answers.count == count })
        #expect(answers == (0..<count).map { "\($0)" })
      }
      #expect(server.connectionCount == 1)
    }
  }

  @Test func `random bytes never crash the reader`() {
    var generator = SeededGenerator()
    let alphabet = Array("*$:+-0123456789\r\nab".utf8)
    for _ in 0..<20_000 {
      let reader = ReplyReader()
      let bytes = (0..<Int.random(in: 1...40, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator)!
      }
      do throws(RedisError) {
        var failure: RedisError?
        bytes.withUnsafeBytes { bytes in
          do throws(RedisError) { try reader.feed(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        while let reply = try reader.next() { _ = reply.value }
      } catch {
        guard case .protocolViolation = error else {
          Issue.record("unexpected \(error)")
          continue
        }
      }
    }
  }

  @Test func `a server that still loads its data is waited for`() async throws {
    try await withEventLoop { loop in
      let server = try FakeRedisServer(loop: loop)
      defer { server.close() }
      server.ping = "-LOADING Redis is loading the dataset in memory\r\n"
      let client = RedisClient(configuration: server.configuration, loop: loop)
      client.start()
      defer { client.close() }
      #expect(await poll(on: loop) { server.connectionCount >= 2 })
      #expect(client.state == .connecting)
      #expect(client.lastFailure?.contains("LOADING") == true)
      server.ping = "+PONG\r\n"
      try await client.whenReady(deadline: .seconds(60))
      #expect(client.runID == FakeRedisServer.runID)
    }
  }
}
