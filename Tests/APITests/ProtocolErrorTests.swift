import Domain
import TestSupport
import Testing

@testable import API

/// What the server refuses below the routes, in the form of the API.
@Suite struct ProtocolErrorTests {
  /// - Parameter id: that the request gave; nil when the server has to make one.
  private static func check(_ response: HTTPTestResponse, _ status: Int, id: String? = nil) {
    #expect(response.status == status)
    #expect(response.code == (status == 503 ? "INTERNAL_RETRYABLE" : "INVALID_ARGUMENT"))
    #expect(response.headers["x-request-id"] == id || id == nil)
    #expect(Identifier(response.headers["x-request-id"] ?? "") != nil || id != nil)
    #expect(
      (try? response.json)?["request_id"]?.string == response.headers["x-request-id"])
    #expect(response.headers["content-type"] == "application/json")
    #expect(response.headers["connection"] == "close")
  }

  struct Unreadable: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let status: Int
    let field: String
    let bytes: String

    init(_ name: String, _ status: Int, _ field: String, _ bytes: String) {
      testDescription = name
      self.status = status
      self.field = field
      self.bytes = bytes
    }
  }

  private static let post = "POST /v1/x HTTP/1.1\r\nHost: a\r\n"

  @Test(arguments: [
    Unreadable("no host", 400, "Host", "GET / HTTP/1.1\r\n\r\n"),
    Unreadable("two hosts", 400, "headers", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
    Unreadable(
      "two lengths", 400, "headers",
      post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
    Unreadable(
      "length and coding", 400, "Content-Length",
      post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    Unreadable("bare LF", 400, "headers", "GET /v1/x HTTP/1.1\nHost: a\n\n"),
    Unreadable("bare CR", 400, "headers", "GET /v1/x HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"),
    Unreadable("no request line", 400, "request line", "nonsense\r\n\r\n"),
    Unreadable("long body", 413, "body", post + "Content-Length: 99999999\r\n\r\n"),
    Unreadable(
      "long target", 414, "target",
      "GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n"),
    Unreadable("expectation", 417, "Expect", post + "Expect: miracles\r\n\r\n"),
    Unreadable(
      "large head", 431, "headers", post + "X: \(String(repeating: "a", count: 17_000))\r\n\r\n"),
    Unreadable(
      "many fields", 431, "headers", post + String(repeating: "X: 1\r\n", count: 70) + "\r\n"),
  ]) func `a request that cannot be read has the envelope too`(request: Unreadable) async throws {
    let response = try await withAPI { api in
      let client = try await api.connect()
      defer { client.close() }
      client.send(request.bytes)
      return try await client.response()
    }
    Self.check(response, request.status)
    #expect(response.field == request.field)
  }

  private static let asked = "X-Request-Id: a-1\r\nAccept-Language: ko\r\n"
  private static let chunked = post + asked + "Transfer-Encoding: chunked\r\n\r\n"

  @Test(arguments: [
    Unreadable("declared", 413, "body", post + asked + "Content-Length: 99999999\r\n\r\n"),
    Unreadable("chunked", 413, "body", chunked + "fffffff\r\n"),
    Unreadable("no chunk", 400, "body", chunked + "x\r\n"),
    Unreadable("slow", 408, "body", chunked + "5\r\nab"),
    Unreadable("expectation", 417, "Expect", post + asked + "Expect: miracles\r\n\r\n"),
  ]) func `who asks for Korean is refused in Korean, under the own id, once the head was read`(
    request: Unreadable
  ) async throws {
    try await withAPI {
      $0.limits.bodyTimeout = .milliseconds(40)
    } _: { api in
      let client = try await api.connect()
      defer { client.close() }
      // In two parts: what was read before lies elsewhere by then.
      let middle = request.bytes.index(
        request.bytes.startIndex, offsetBy: request.bytes.count / 2)
      client.send(String(request.bytes[..<middle]))
      client.send(String(request.bytes[middle...]))
      let response = try await client.response()
      Self.check(response, request.status, id: "a-1")
      #expect(response.field == request.field)
      #expect(try response.json["error"]?["message"]?.string == Self.message(in: .korean))
    }
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nAccept-Language: ko\r\nHost: a\r\nHost: b\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nAccept-Language: fr\r\nContent-Length: 99999999\r\n\r\n",
  ]) func `a head that was not read, or that asks for neither, is refused in English`(
    request: String
  ) async throws {
    let response = try await withAPI { api in
      let client = try await api.connect()
      defer { client.close() }
      // The head before asked for Korean, in the same memory.
      client.send("GET", "/healthz", headers: [("Host", "a"), ("Accept-Language", "ko")])
      _ = try await client.response()
      client.send(request)
      return try await client.response()
    }
    #expect(try response.json["error"]?["message"]?.string == Self.message(in: .english))
  }

  private static func message(in language: Language) -> String {
    "\(ErrorCode.invalidArgument.message(in: language))"
  }

  @Test func `a slow head and a slow body time out`() async throws {
    try await withAPI {
      $0.limits.headTimeout = .milliseconds(40)
      $0.limits.bodyTimeout = .milliseconds(40)
    } _: { api in
      for request in [
        "GET /v1/open/a HTTP/1.1\r\nHo",
        "POST /v1/things/1/claims HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 2\r\n\r\n{",
      ] {
        let client = try await api.connect()
        client.send(request)
        Self.check(try await client.response(), 408)
        client.close()
      }
      let counted = String(decoding: api.metrics.render(), as: UTF8.self)
      #expect(counted.contains(#"requests_total{method="",route="(none)",status="408"} 2"#))
    }
  }

  @Test func `one connection too many is turned away`() async throws {
    try await withAPI {
      $0.limits.maximumConnections = 1
    } _: { api in
      let first = try await api.connect()
      first.send("GET", "/healthz", headers: [("Host", "a")])
      _ = try await first.response()
      let second = try await api.connect()
      let response = try await second.response()
      Self.check(response, 503)
      #expect(response.headers["retry-after"] == "1")
      first.close()
      second.close()
    }
  }
}
