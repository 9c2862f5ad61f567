import EventLoop
import HTTP
import TestSupport

/// The bytes of a connection, which must mean the same wherever a read ends.
class HTTPSurface {
  private let harness: HTTPHarness

  init(loop: EventLoop, _ change: (inout HTTPServer.Configuration) -> Void) throws {
    var configuration = HTTPServer.Configuration()
    configuration.maximumPipelinedRequests = .max
    change(&configuration)
    harness = try HTTPHarness(loop: loop, configuration)
  }

  func close() { harness.close() }

  func examine(_ input: [UInt8], _ random: inout SeededGenerator) throws(Breach) -> String {
    let whole = try harness.converse([input[...]])
    try compare(whole, cut: Self.cut(input, most: 64, &random))
    if input.count <= 64 || random.next() & 127 == 0 {
      try compare(whole, cut: input.indices.map { input[$0...$0] })
    }
    return "\(whole.statuses.prefix(6)) \(whole.requests.count > 6)"
  }

  private func compare(
    _ whole: HTTPHarness.Conversation, cut pieces: [ArraySlice<UInt8>]
  ) throws(Breach) {
    let cut = try harness.converse(pieces)
    try Breach.unless(
      cut.requests == whole.requests,
      "cut into \(pieces.map(\.count)): \(cut.requests), not \(whole.requests)")
    let isAlike =
      cut.statuses == whole.statuses
      || cut.statuses.count == whole.statuses.count
        && cut.statuses.dropLast() == whole.statuses.dropLast()
        && Self.areRefusals(cut.statuses.last, whole.statuses.last)
    try Breach.unless(
      isAlike, "cut into \(pieces.map(\.count)): \(cut.statuses), not \(whole.statuses)")
  }

  /// What is both too long and malformed may be refused for the one or the other, whichever shows first.
  private static func areRefusals(_ one: Int?, _ other: Int?) -> Bool {
    let excesses = [413, 414, 431]
    let refusals = excesses + [400, 417, 501, 505]
    guard let one, let other, refusals.contains(one), refusals.contains(other) else { return false }
    return excesses.contains(one) || excesses.contains(other)
  }

  private static func cut(
    _ input: [UInt8], most: Int, _ random: inout SeededGenerator
  ) -> [ArraySlice<UInt8>] {
    let size = 1 + random.next() % UInt64(most)
    var pieces: [ArraySlice<UInt8>] = []
    var position = 0
    while position < input.count {
      let end = min(input.count, position + 1 + Int(random.next() % size))
      pieces.append(input[position..<end])
      position = end
    }
    return pieces
  }
}

/// Request lines, header fields and several requests behind one another.
final class HTTPHeadSurface: HTTPSurface, Surface {
  static let name = "http-head"
  static let maximumCount = 1536
  static let words = [
    "GET ", "POST ", "HEAD ", "OPTIONS ", "CONNECT ", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "/",
    "/v1/orders",
    "*", "http://a/", "https://a:443/b?c", "?", "#", "%00", "%2F", " HTTP/1.1\r\n", " HTTP/1.0\r\n",
    " HTTP/2.0\r\n", " HTTP/0.9\r\n", "Host: a\r\n", "Host:\r\n", "Host: a, b\r\n", "\r\n\r\n",
    "\n",
    "\r", " \r\n", ": ", "Content-Length: 0\r\n", "Content-Length: 5\r\n", "Content-Length: +5\r\n",
    "Content-Length: 5, 5\r\n", "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: gzip, chunked\r\n", "Connection: close\r\n",
    "Connection: keep-alive, upgrade\r\n", "Upgrade: h2c\r\n", "Expect: 100-continue\r\n",
    "Expect: x\r\n", "Cookie: a=b; c=d\r\n", "Authorization: Bearer x\r\n", "X-A: ", "x-a:b\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    "POST /b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx",
  ]

  init(loop: EventLoop) throws {
    try super.init(loop: loop) { configuration in
      configuration.maximumHeadBytes = 1024
      configuration.maximumHeaderCount = 12
      configuration.maximumTargetBytes = 256
      configuration.maximumBodyBytes = 512
    }
  }
}

/// Bodies of declared length and in chunks, and what lies behind them.
final class HTTPBodySurface: HTTPSurface, Surface {
  static let name = "http-body"
  static let maximumCount = 1536
  static let words = [
    "POST /b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
    "POST /bb HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /b HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", "0\r\n\r\n",
    "0\r\n", "\r\n", "1\r\na\r\n", "5\r\nhello\r\n", "00000005\r\nhello\r\n", "a;b=c\r\n", ";",
    ";a=\"\r\n\"",
    "ffffffffffffffff\r\n", "7fffffffffffffff\r\n", "8000000000000000\r\n", "10000000000000000\r\n",
    "fF\r\n", " 5\r\n", "5 \r\n", "-1\r\n", "0x5\r\n", "\n", "\r", "Trailer: x\r\n", "T: v\r\n",
    ": v\r\n",
    "GET /after HTTP/1.1\r\nHost: a\r\n\r\n", "Content-Length: 3\r\n",
  ]

  init(loop: EventLoop) throws {
    try super.init(loop: loop) { configuration in
      configuration.maximumBodyBytes = 300
      configuration.maximumChunkOverheadBytes = 100
    }
  }
}
