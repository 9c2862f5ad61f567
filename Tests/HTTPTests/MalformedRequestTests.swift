import HTTP
import TestSupport
import Testing

/// Each request must be refused with its status, and the connection ended behind the answer.
@Suite struct MalformedRequestTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let request: String
    var status = 400
  }

  static let post = "POST /echo HTTP/1.1\r\nHost: a\r\n"
  static let chunked = post + "Transfer-Encoding: chunked\r\n\r\n"

  static let cases = [
    Case(
      testDescription: "two different lengths",
      request: post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    Case(
      testDescription: "two equal lengths",
      request: post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    Case(testDescription: "a list of lengths", request: post + "Content-Length: 3, 3\r\n\r\nabc"),
    Case(testDescription: "a length with a plus", request: post + "Content-Length: +3\r\n\r\nabc"),
    Case(testDescription: "a negative length", request: post + "Content-Length: -3\r\n\r\n"),
    Case(
      testDescription: "a length in hexadecimal", request: post + "Content-Length: 0x3\r\n\r\nabc"),
    Case(testDescription: "an empty length", request: post + "Content-Length:\r\n\r\n"),
    Case(
      testDescription: "a length in two words", request: post + "Content-Length: 3 3\r\n\r\nabc"),
    Case(
      testDescription: "a length beyond 64 bits",
      request: post + "Content-Length: 18446744073709551617\r\n\r\na"),
    Case(
      testDescription: "length, then coding",
      request: post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "coding, then length",
      request: post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "two codings",
      request: post
        + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "chunked twice",
      request: post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "a coding in front of chunked",
      request: post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", status: 501),
    Case(
      testDescription: "a coding that is not chunked",
      request: post + "Transfer-Encoding: gzip\r\n\r\n", status: 501),
    Case(
      testDescription: "a coding with a vertical tab",
      request: post + "Transfer-Encoding:\u{0B}chunked\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "a coding in quotes",
      request: post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", status: 501),
    Case(
      testDescription: "a coding in HTTP/1.0",
      request: "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "a space before the colon",
      request: post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
    Case(
      testDescription: "a space before the length's colon",
      request: post + "Content-Length : 3\r\n\r\nabc"),
    Case(testDescription: "a folded field", request: post + "X-A: b\r\n c\r\n\r\n"),
    Case(
      testDescription: "a space before the first field",
      request: "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    Case(testDescription: "line feeds alone", request: "GET / HTTP/1.1\nHost: a\n\n"),
    Case(
      testDescription: "one line feed alone", request: "GET / HTTP/1.1\r\nHost: a\nX-B: c\r\n\r\n"),
    Case(
      testDescription: "a carriage return alone",
      request: "GET / HTTP/1.1\r\nHost: a\rX-B: c\r\n\r\n"),
    Case(
      testDescription: "carriage returns alone", request: "GET / HTTP/1.1\rHost: a\r\r"),
    Case(
      testDescription: "a head that ends with a line feed",
      request: "GET / HTTP/1.1\r\nHost: a\r\n\n"),
    Case(
      testDescription: "two carriage returns", request: "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    Case(testDescription: "no Host", request: "GET / HTTP/1.1\r\nX-A: b\r\n\r\n"),
    Case(
      testDescription: "two Hosts", request: "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    Case(
      testDescription: "a Host with a path", request: "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    Case(
      testDescription: "a Host with user information",
      request: "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n"),
    Case(
      testDescription: "two tokens",
      request: "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nauthorization: c\r\n\r\n"),
    Case(testDescription: "a zero byte", request: "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n"),
    Case(
      testDescription: "a field without a name", request: "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"
    ),
    Case(
      testDescription: "a field without a colon", request: "GET / HTTP/1.1\r\nHost: a\r\nb\r\n\r\n"),
    Case(
      testDescription: "a name with a space", request: "GET / HTTP/1.1\r\nHost: a\r\nb c: d\r\n\r\n"
    ),
    Case(testDescription: "no target", request: "GET HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(testDescription: "a relative target", request: "GET a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(testDescription: "a fragment", request: "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(testDescription: "an asterisk", request: "GET * HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "a target of another scheme",
      request: "GET ftp://a/b HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "a control in the target", request: "GET /\u{1} HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(testDescription: "two spaces", request: "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "two spaces before the version",
      request: "GET /  HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "a space behind the version",
      request: "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", status: 505),
    Case(
      testDescription: "a tab in the request line", request: "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(testDescription: "no version", request: "GET /\r\nHost: a\r\n\r\n", status: 505),
    Case(
      testDescription: "a version of the past", request: "GET / HTTP/0.9\r\nHost: a\r\n\r\n",
      status: 505),
    Case(
      testDescription: "a version of the future", request: "GET / HTTP/2.0\r\nHost: a\r\n\r\n",
      status: 505),
    Case(
      testDescription: "HTTP/2's preface", request: "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    Case(testDescription: "an unknown method", request: "BREW / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "a method in small letters", request: "get / HTTP/1.1\r\nHost: a\r\n\r\n"),
    Case(
      testDescription: "CONNECT", request: "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n",
      status: 501),
    Case(
      testDescription: "an unknown expectation",
      request: post + "Expect: the-best\r\nContent-Length: 1\r\n\r\n", status: 417),
    Case(testDescription: "a chunk size that is none", request: chunked + "x\r\n"),
    Case(testDescription: "an empty chunk size", request: chunked + "\r\n"),
    Case(testDescription: "a negative chunk size", request: chunked + "-1\r\n"),
    Case(testDescription: "a chunk size in C's manner", request: chunked + "0x1\r\na\r\n0\r\n\r\n"),
    Case(testDescription: "a space in the chunk size", request: chunked + "1 \r\na\r\n0\r\n\r\n"),
    Case(
      testDescription: "a line feed after the chunk size", request: chunked + "1\na\r\n0\r\n\r\n"),
    Case(
      testDescription: "a chunk longer than its size", request: chunked + "1\r\nab\r\n0\r\n\r\n"),
    Case(testDescription: "a chunk with a line feed", request: chunked + "1\r\na\n0\r\n\r\n"),
    Case(
      testDescription: "a control in an extension", request: chunked + "1;\u{1}\r\na\r\n0\r\n\r\n"),
    Case(
      testDescription: "a line feed in an extension", request: chunked + "1;a\nb\r\na\r\n0\r\n\r\n"),
    Case(testDescription: "a trailer that is none", request: chunked + "0\r\nab c\r\n\r\n"),
    Case(testDescription: "a trailer with a line feed", request: chunked + "0\r\na: b\n\r\n"),
    Case(
      testDescription: "a chunk beyond the limit", request: chunked + "fffffff\r\n", status: 413),
    Case(
      testDescription: "a chunk size beyond 64 bits",
      request: chunked + "fffffffffffffffffffff\r\n", status: 413),
    Case(
      testDescription: "an oversized extension",
      request: chunked + "1;" + String(repeating: "x", count: 5000), status: 431),
    Case(
      testDescription: "oversized trailers",
      request: chunked + "0\r\n" + String(repeating: "x: y\r\n", count: 2000), status: 431),
    Case(
      testDescription: "a chunk size of zeros",
      request: chunked + String(repeating: "0", count: 5000), status: 431),
    Case(
      testDescription: "a declared body beyond the limit",
      request: post + "Content-Length: 2000000\r\n\r\n", status: 413),
    Case(
      testDescription: "an oversized head",
      request: "GET / HTTP/1.1\r\nHost: a\r\nX-A: " + String(repeating: "b", count: 17_000)
        + "\r\n\r\n", status: 431),
    Case(
      testDescription: "an oversized head without an end",
      request: "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X-A: b\r\n", count: 2100),
      status: 431),
    Case(
      testDescription: "too many fields",
      request: "GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X-A: b\r\n", count: 64)
        + "\r\n", status: 431),
    Case(
      testDescription: "an oversized target",
      request: "GET /" + String(repeating: "a", count: 8200) + " HTTP/1.1\r\nHost: a\r\n\r\n",
      status: 414),
    Case(
      testDescription: "an oversized target without an end",
      request: "GET /" + String(repeating: "a", count: 9000), status: 414),
    Case(testDescription: "a TLS greeting", request: "\u{16}\u{03}\u{01}\r\n\r\n"),
    Case(testDescription: "no HTTP at all", request: "EHLO example.org\r\n\r\n"),
  ]

  @Test(arguments: cases)
  func `a request that is not plainly one is refused and the connection ended`(
    _ example: Case
  ) async throws {
    let (response, rest, handled) = try await withServer { test in
      let client = try await test.connect()
      client.send(example.request + "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
      let response = try await client.response()
      return (response, try await client.end(), test.handledCount)
    }
    #expect(response.status == example.status)
    #expect(response.headers["connection"] == "close")
    #expect(rest == "", "nothing behind a refused request is answered")
    #expect(handled == 0)
  }

  @Test(arguments: cases)
  func `a request refused after a good one leaves the good one's answer whole`(
    _ example: Case
  ) async throws {
    let (good, bad) = try await withServer { test in
      let client = try await test.connect()
      client.send("GET /good HTTP/1.1\r\nHost: a\r\n\r\n" + example.request)
      return (try await client.response(), try await client.response())
    }
    #expect(good.body == "/good|")
    #expect(bad.status == example.status)
  }

  @Test func `blank lines before a request are skipped`() async throws {
    let response = try await withServer { test in
      try await test.ask("\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n")
    }
    #expect(response.body == "/a|")
  }

  @Test func `a refusal has the body that the application gives it`() async throws {
    let response = try await withServer { test in
      test.server.errorResponse = { error, _ in
        HTTPResponse(status: error.status, contentType: "application/json", text: "{}")
      }
      return try await test.ask("GET / HTTP/1.1\r\n\r\n")
    }
    #expect(response.status == 400)
    #expect(response.body == "{}")
    #expect(response.headers["content-type"] == "application/json")
  }

  @Test(arguments: [
    ("Content-Length: 99999999\r\n\r\n", "here"), ("Expect: miracles\r\n\r\n", "here"),
    ("Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\nx\r\n", "here"),
    ("Transfer-Encoding: chunked\r\n\r\nfffffff\r\n", "here"),
    ("Host: b\r\n\r\n", "none"), ("nonsense\r\n\r\n", "none"),
  ]) func `a refusal is told the head, if that was read`(
    rest: String, told: String
  ) async throws {
    let responses = try await withServer { test in
      test.server.errorResponse = { error, head in
        let text = head.map { $0.header(.acceptLanguage)?.text ?? "absent" } ?? "none"
        return HTTPResponse(status: error.status, contentType: "text/plain", text: text)
      }
      let client = try await test.connect()
      defer { client.close() }
      client.send(
        "GET /good HTTP/1.1\r\nHost: a\r\nAccept-Language: before\r\n\r\n" + Self.post
          + "Accept-Language: here\r\n" + rest)
      return [try await client.response(), try await client.response()]
    }
    #expect(responses[0].body == "/good|")
    #expect(responses[1].body == told)
  }
}
