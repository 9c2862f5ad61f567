import EventLoop
import TestSupport
import Testing

@testable import spillway_loadtest

@Suite struct ResponseParserTests {
  private enum Seen: Equatable {
    case incomplete
    case complete(status: Int, body: String, length: Int, keepsAlive: Bool, isReplayed: Bool)
    case malformed
  }

  private func parse(_ bytes: [UInt8]) -> Seen {
    let scratch = ByteBuffer()
    return bytes.withUnsafeBytes { bytes in
      switch ResponseParser.parse(bytes, scratch: scratch) {
      case .incomplete: .incomplete
      case .malformed: .malformed
      case .complete(let response, let length):
        .complete(
          status: response.status, body: response.bodyText, length: length,
          keepsAlive: response.keepsAlive, isReplayed: response.isReplayed)
      }
    }
  }

  private func parse(_ text: String) -> Seen { parse(Array(text.utf8)) }

  @Test func `a response with a length is complete at its last byte only`() {
    let text =
      "HTTP/1.1 201 Created\r\nServer: x\r\ncontent-LENGTH:  5 \r\n"
      + "Idempotent-Replayed: true\r\n\r\nhello"
    let bytes = Array(text.utf8)
    for count in 0..<bytes.count { #expect(parse(Array(bytes[..<count])) == .incomplete) }
    #expect(
      parse(text)
        == .complete(
          status: 201, body: "hello", length: bytes.count, keepsAlive: true, isReplayed: true))
  }

  @Test func `bytes behind the response are left`() {
    let one = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    #expect(
      parse(one + one)
        == .complete(
          status: 200, body: "ok", length: one.utf8.count, keepsAlive: false, isReplayed: false))
  }

  @Test func `a chunked body is joined`() {
    let text =
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"
    let bytes = Array(text.utf8)
    for count in 0..<bytes.count { #expect(parse(Array(bytes[..<count])) == .incomplete) }
    #expect(
      parse(text)
        == .complete(
          status: 200, body: "abc0123456789", length: bytes.count, keepsAlive: true,
          isReplayed: false))
  }

  @Test(arguments: [204, 304])
  func `some responses have no body`(status: Int) {
    let text = "HTTP/1.1 \(status) X\r\n\r\n"
    #expect(
      parse(text)
        == .complete(
          status: status, body: "", length: text.utf8.count, keepsAlive: true, isReplayed: false))
  }

  @Test(arguments: [
    "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1,1\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n",
    "HTTP/1.1 200 OK\nContent-Length: 0\n\n",
    "HTTP/1.1 200 OK\r\nA: b\r\n folded\r\nContent-Length: 0\r\n\r\n",
    "garbage garbage garbage",
  ])
  func `what the protocol forbids is refused`(text: String) {
    #expect(parse(text) == .malformed)
  }

  @Test func `a head without an end is refused`() {
    let text = "HTTP/1.1 200 OK\r\nA: " + String(repeating: "x", count: 70_000)
    #expect(parse(text) == .malformed)
  }

  @Test func `random bytes never trap`() {
    var generator = SeededGenerator()
    let valid = Array(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n".utf8)
    for _ in 0..<5000 {
      var bytes = valid
      for _ in 0..<Int.random(in: 1...4, using: &generator) {
        bytes[Int.random(in: 0..<bytes.count, using: &generator)] = .random(
          in: 0...255, using: &generator)
      }
      _ = parse(bytes)
    }
  }
}
