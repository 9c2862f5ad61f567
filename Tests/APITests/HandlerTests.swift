import HTTP
import TestSupport
import Testing

@testable import API

@Suite struct HandlerTests {
  @Test func `a hot route writes its own answer, once`() async throws {
    try await withAPI { api in
      let client = try await api.connect()
      for key in [true, false] {
        var headers = [("Host", "shop.test"), ("Authorization", "Bearer shop:bob:USER")]
        if key { headers.append(("X-Idempotency-Key", "k")) }
        client.send("POST", "/v1/things/1/claims", headers: headers)
        let response = try await client.response()
        #expect(response.status == 201)
        #expect(response.headers["idempotent-replayed"] == "true")
        #expect(response.headers["cache-control"] == "no-store")
        #expect(try response.json["data"]?["key"] == (key ? .bool(true) : .null))
      }
      client.close()
    }
  }

  @Test func `a hot refusal has the envelope`() async throws {
    let response = try await withAPI { api in
      try await api.ask("POST", "/v1/things/gone/claims", token: "shop:bob:USER")
    }
    #expect(response.status == 410)
    #expect(response.code == "SOLD_OUT")
    #expect(try response.json["error"]?["details"] == [:])
    #expect(try response.json["request_id"]?.string == response.headers["x-request-id"])
  }

  @Test func `503 always says when to come again`() async throws {
    let response = try await withAPI { try await $0.ask("DELETE", "/v1/admin/things") }
    #expect(response.status == 503)
    #expect(response.code == "INTERNAL_RETRYABLE")
    #expect(response.headers["retry-after"] == "7")
  }

  @Test func `a request past its deadline is answered, and its late answer dropped`() async throws {
    try await withAPI {
      $0.limits.requestDeadline = .milliseconds(50)
    } _: { api in
      let hot = try await api.ask("GET", "/v1/held", headers: [("X-Request-Id", "slow-one")])
      #expect(hot.status == 503)
      #expect(hot.code == "INTERNAL_RETRYABLE")
      #expect(hot.headers["retry-after"] == "1")
      #expect(hot.headers["x-request-id"] == "slow-one")
      #expect(try hot.json["request_id"] == "slow-one")
      api.services.held[0].respond(status: 200) { $0.append("{}") }
      let ordinary = try await api.ask("GET", "/v1/endless")
      #expect(ordinary.status == 503)
      try await eventually("the task's cancellation") { api.services.wasCancelled }
      let counted = String(decoding: api.metrics.render(), as: UTF8.self)
      for route in ["/v1/held", "/v1/endless"] {
        #expect(
          counted.contains(
            #"requests_total{method="GET",route="\#(route)",status="503"} 1"#), "\(counted)")
      }
    }
  }

  @Test func `a client that went away leaves nothing behind`() async throws {
    try await withAPI { api in
      let client = try await api.connect()
      client.stopReading()
      for path in ["/v1/open/a", "/v1/held"] {
        client.send("GET", path, headers: [("Host", "shop.test")])
      }
      try await eventually { api.services.held.count == 1 }
      // The first answer is unread: the close is a reset.
      client.close()
      try await eventually { api.server.connectionCount == 0 }
      weak let request = api.services.held[0]
      api.services.held[0].respond(status: 200) { $0.append("{}") }
      api.services.held = []
      #expect(request == nil)
      let counted = String(decoding: api.metrics.render(), as: UTF8.self)
      #expect(counted.contains(#"route="/v1/held",status="499"} 1"#), "\(counted.prefix(400))")
    }
  }

  @Test func `pipelined requests keep their order across kinds of handlers`() async throws {
    try await withAPI { api in
      let client = try await api.connect()
      for number in 0..<50 {
        switch number % 3 {
        case 0: client.send("GET", "/v1/open/\(number)", headers: [("Host", "shop.test")])
        case 1:
          client.send(
            "POST", "/v1/things/\(number)/claims",
            headers: [
              ("Host", "shop.test"), ("Authorization", "Bearer shop:bob:USER"),
              ("Content-Type", "application/json"),
            ], body: "{}")
        default: client.send("GET", "/v1/nothing", headers: [("Host", "shop.test")])
        }
      }
      for number in 0..<50 {
        let response = try await client.response()
        #expect(response.status == [200, 201, 404][number % 3])
        if number % 3 == 0 { #expect(try response.json["data"]?["name"] == "\(number)") }
      }
      client.close()
    }
  }
}
