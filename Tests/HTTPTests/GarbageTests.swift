import EventLoop
import TestSupport
import Testing

@testable import HTTP

/// Random input: never a crash, never an answer to something that was not asked.
@Suite struct GarbageTests {
  private static let rounds = 400

  private static let good = [
    "GET /good HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /good HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /good HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
  ]

  private static let pieces = [
    "GET ", "POST ", "/", " HTTP/1.1", "\r\n", "\r", "\n", "\r\n\r\n", "Host: a",
    "Content-Length: ",
    "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "0\r\n\r\n", "5\r\nhello\r\n", ":",
    " ", "\t", ";", "ffffffff", "-1", "Expect: 100-continue\r\n", "Connection: close\r\n", "\0",
    "é",
  ]

  @Test func `random bytes are refused or waited for, and the server serves on`() async throws {
    let seed = SeededGenerator().seed
    try await withServer {
      $0.lingerTimeout = .milliseconds(50)
    } _: { test in
      var random = SeededGenerator(seed: seed)
      for _ in 0..<Self.rounds {
        let client = try await test.connect()
        client.send(Self.noise(&random))
        if Bool.random(using: &random) { client.endWriting() }
        if Bool.random(using: &random) { await Task.yield() }
        if Bool.random(using: &random) { client.reset() } else { client.close() }
      }
      let response = try await test.ask("GET /still HTTP/1.1\r\nHost: a\r\n\r\n")
      #expect(response.body == "/still|")
      try await eventually { test.server.connectionCount == 0 }
    }
  }

  private static func noise(_ random: inout SeededGenerator) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...20, using: &random) {
      if Int.random(in: 0..<4, using: &random) == 0 {
        for _ in 0..<Int.random(in: 1...100, using: &random) {
          bytes.append(UInt8.random(in: 0...255, using: &random))
        }
      } else {
        bytes += Array(pieces.randomElement(using: &random)!.utf8)
      }
    }
    return bytes
  }

  @Test func `good requests in front of garbage are all answered, the garbage at most refused`()
    async throws
  {
    let seed = SeededGenerator().seed
    try await withServer {
      $0.lingerTimeout = .milliseconds(50)
    } _: { test in
      var random = SeededGenerator(seed: seed)
      for round in 0..<Self.rounds / 4 {
        let count = Int.random(in: 1...5, using: &random)
        var bytes: [UInt8] = []
        for _ in 0..<count { bytes += Array(Self.good.randomElement(using: &random)!.utf8) }
        // A byte that no request begins with makes the rest garbage for certain.
        bytes += [0x01] + Self.noise(&random)
        let client = try await test.connect()
        await Self.sendInPieces(bytes, client, &random)
        client.endWriting()
        for _ in 0..<count {
          let response = try await client.response()
          #expect(response.status == 200, "round \(round)")
          #expect(response.body.hasPrefix("/good|"))
        }
        let refusal = try await client.response()
        #expect((400...599).contains(refusal.status), "round \(round)")
        #expect(try await client.end() == "")
        client.close()
      }
    }
  }

  private static func sendInPieces(
    _ bytes: [UInt8], _ client: RawClient, _ random: inout SeededGenerator
  ) async {
    var position = 0
    while position < bytes.count {
      let end = min(position + Int.random(in: 1...64, using: &random), bytes.count)
      client.send(Array(bytes[position..<end]))
      await Task.yield()
      position = end
    }
  }

  @Test func `a request with one byte changed is answered once, or refused once`() async throws {
    let seed = SeededGenerator().seed
    try await withServer {
      $0.lingerTimeout = .milliseconds(50)
    } _: { test in
      var random = SeededGenerator(seed: seed)
      for _ in 0..<Self.rounds {
        var bytes = Array(Self.good.randomElement(using: &random)!.utf8)
        let position = Int.random(in: 0..<bytes.count, using: &random)
        bytes[position] = UInt8.random(in: 0...255, using: &random)
        let client = try await test.connect()
        client.send(bytes)
        client.endWriting()
        let response = try await client.response()
        #expect(response.status == 200 || (400...599).contains(response.status))
        client.close()
      }
    }
  }

  @Test func `chunks cut anywhere decode alike`() {
    var random = SeededGenerator()
    for _ in 0..<Self.rounds {
      var bytes = Array("3;a=b\r\nabc\r\n1\r\nd\r\n0\r\nT: v\r\n\r\nrest".utf8)
      if Bool.random(using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(
          in: 0...255, using: &random)
      }
      let whole = Self.decode(bytes, size: bytes.count)
      for size in 1..<bytes.count {
        let cut = Self.decode(bytes, size: size)
        #expect(cut.result == whole.result)
        if case .complete = whole.result { #expect(cut.body == whole.body) }
      }
    }
  }

  private static func decode(
    _ bytes: [UInt8], size: Int
  ) -> (result: ChunkedDecoder.Result, body: String) {
    var decoder = ChunkedDecoder(maximumBody: 100, maximumOverhead: 100)
    let body = ByteBuffer()
    var position = 0
    while position < bytes.count {
      let piece = Array(bytes[position..<min(position + size, bytes.count)])
      switch piece.withUnsafeBytes({ decoder.decode($0, into: body) }) {
      case .incomplete: position += piece.count
      case .complete(let taken): return (.complete(position + taken), body.text)
      case .refused(let error): return (.refused(error), body.text)
      }
    }
    return (.incomplete, body.text)
  }

  @Test func `a head cut anywhere is scanned alike`() {
    var random = SeededGenerator()
    for _ in 0..<Self.rounds {
      var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX-B: c\r\n\r\nbody".utf8)
      bytes[Int.random(in: 0..<bytes.count, using: &random)] =
        [0x0A, 0x0D, 0x20, 0x41].randomElement(using: &random)!
      var wholeScanner = HeadScanner()
      let whole = bytes.withUnsafeBytes { wholeScanner.scan($0) }
      var scanner = HeadScanner()
      var cut = HeadScanner.Result.incomplete
      for end in 1...bytes.count where cut == .incomplete {
        cut = bytes[..<end].withUnsafeBytes { scanner.scan($0) }
      }
      #expect(cut == whole, "\(String(decoding: bytes, as: UTF8.self))")
    }
  }
}
