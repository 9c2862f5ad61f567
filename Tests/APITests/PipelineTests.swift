import Domain
import TestSupport
import Testing

@testable import API

@Suite struct PipelineTests {
  private static let admin = "shop:ann:APP_ADMIN"
  private static let key = ("X-Idempotency-Key", "k1")

  @Test func `success is data and the id of the request`() async throws {
    let response = try await withAPI { try await $0.ask("GET", "/v1/open/a%20b") }
    #expect(response.status == 200)
    #expect(try response.json["data"] == ["name": "a b"])
    #expect(try response.json["request_id"]?.string == response.headers["x-request-id"])
    #expect(response.headers["content-type"] == "application/json")
    #expect(response.headers["cache-control"] == "no-store")
    #expect(response.headers["x-content-type-options"] == "nosniff")
  }

  // MARK: Request id

  @Test func `a given request id is taken, another is made`() async throws {
    try await withAPI { api in
      for given in ["abc", String(repeating: "x", count: 128), #"a"b\c"#] {
        for path in ["/v1/open/a", "/v1/unknown", "/v1/me", "/v1/things/1/claims"] {
          let method = path.hasSuffix("claims") ? "POST" : "GET"
          let response = try await api.ask(method, path, headers: [("X-Request-Id", given)])
          #expect(response.headers["x-request-id"] == given)
          #expect(try response.json["request_id"]?.string == given)
        }
      }
      for bad in ["", "a b", String(repeating: "x", count: 129), "ä"] {
        let response = try await api.ask("GET", "/v1/open/a", headers: [("X-Request-Id", bad)])
        let made = Identifier(response.headers["x-request-id"] ?? "")
        #expect(made?.version == 7, "\(bad)")
        #expect(try response.json["request_id"]?.string == made?.description)
      }
    }
  }

  // MARK: Route

  @Test func `an unknown route is not found`() async throws {
    let response = try await withAPI { try await $0.ask("GET", "/v1/nothing") }
    #expect(response.status == 404)
    #expect(response.code == "NOT_FOUND")
  }

  @Test func `another method is told which are allowed`() async throws {
    let response = try await withAPI { try await $0.ask("PUT", "/v1/admin/things") }
    #expect(response.status == 405)
    #expect(response.headers["allow"] == "DELETE, POST")
    #expect(response.code == "INVALID_ARGUMENT")
  }

  @Test func `HEAD is answered like GET without a body`() async throws {
    let response = try await withAPI { try await $0.ask("HEAD", "/v1/open/abc") }
    #expect(response.status == 200)
    #expect(response.headers["content-length"].flatMap { Int($0) } ?? 0 > 0)
  }

  // MARK: Tenant

  @Test func `an unknown host is not found, in whatever spelling a known one is`() async throws {
    try await withAPI { api in
      let unknown = try await api.ask("GET", "/v1/open/a", host: "nobody.test")
      #expect(unknown.status == 404)
      #expect(unknown.code == "NOT_FOUND")
      for host in ["shop.test", "SHOP.test:8080", "shop.test."] {
        #expect(try await api.ask("GET", "/v1/open/a", host: host).status == 200)
      }
    }
  }

  @Test func `while the tenants are not known yet a client is asked to come again`() async throws {
    let response = try await withAPI {
      $0.hasTenants = false
    } _: { api in
      try await api.ask("GET", "/v1/open/a")
    }
    #expect(response.status == 503)
    #expect(response.code == "INTERNAL_RETRYABLE")
    #expect(response.headers["retry-after"] == "1")
  }

  @Test func `app_id in body or query means nothing`() async throws {
    try await withAPI { api in
      let query = try await api.ask("GET", "/v1/me?app_id=other", token: Self.admin)
      #expect(try query.json["data"]?["tenant"] == "shop")
      let body = try await api.ask(
        "POST", "/v1/admin/things", token: Self.admin, headers: [Self.key],
        body: #"{"name":"a","app_id":"other"}"#)
      #expect(body.status == 201)
    }
  }

  // MARK: Token and permission

  @Test func `without a valid token of this tenant there is a challenge`() async throws {
    try await withAPI { api in
      let none = try await api.ask("GET", "/v1/me")
      #expect(none.status == 401)
      #expect(none.code == "UNAUTHORIZED")
      #expect(none.headers["www-authenticate"] == "Bearer")
      for authorization in [
        "Bearer", "Bearer ", "Bearer nonsense", "Basic c2hvcDphbm4=", Self.admin,
        "Bearer other:ann:APP_ADMIN",
      ] {
        let response = try await api.ask(
          "GET", "/v1/me", headers: [("Authorization", authorization)])
        #expect(response.status == 401, "\(authorization)")
        #expect(response.headers["www-authenticate"] == #"Bearer error="invalid_token""#)
      }
      let lowerCase = try await api.ask(
        "GET", "/v1/me", headers: [("Authorization", "bearer  \(Self.admin)")])
      #expect(lowerCase.status == 200)
    }
  }

  @Test func `without the permission the request is forbidden, whatever it carries`() async throws {
    let response = try await withAPI { api in
      try await api.ask(
        "POST", "/v1/admin/things", token: "shop:bob:USER",
        headers: [("Content-Type", "text/plain")], body: "{")
    }
    #expect(response.status == 403)
    #expect(response.code == "FORBIDDEN")
  }

  // MARK: Media type and body

  @Test func `another media type is unsupported`() async throws {
    try await withAPI { api in
      for type in ["text/plain", "application/jsonp", "application/x-www-form-urlencoded", "json"] {
        for (path, body) in [("/v1/admin/things", #"{"name":"a"}"#), ("/v1/things/1/claims", "{}")]
        {
          let response = try await api.ask(
            "POST", path, token: Self.admin, headers: [Self.key, ("Content-Type", type)], body: body
          )
          #expect(response.status == 415, "\(type)")
          #expect(response.field == "Content-Type")
        }
      }
      for type in ["application/json", "Application/JSON; charset=utf-8", "application/json ;a=b"] {
        let response = try await api.ask(
          "POST", "/v1/admin/things", token: Self.admin,
          headers: [Self.key, ("Content-Type", type)], body: #"{"name":"a"}"#)
        #expect(response.status == 201, "\(type)")
      }
      let client = try await api.connect()
      client.send(
        "POST", "/v1/things/1/claims",
        headers: [("Host", "shop.test"), ("Authorization", "Bearer \(Self.admin)")], body: "{}")
      #expect(try await client.response().status == 415)
      client.close()
    }
  }

  @Test func `a body that is no JSON object is invalid`() async throws {
    try await withAPI { api in
      for body in ["{", "nonsense", "[]", "1", "null", "{}}", #"{"a":1,"a":2}"#] {
        for path in ["/v1/admin/things", "/v1/things/1/claims"] {
          let response = try await api.ask(
            "POST", path, token: Self.admin, headers: [Self.key], body: body)
          #expect(response.status == 400, "\(path) \(body)")
          #expect(response.code == "INVALID_ARGUMENT")
          #expect(response.field == "body")
        }
      }
    }
  }

  @Test func `a body may be left out only where it means nothing`() async throws {
    try await withAPI { api in
      let needed = try await api.ask(
        "POST", "/v1/admin/things", token: Self.admin, headers: [Self.key])
      #expect(needed.status == 400)
      #expect(needed.field == "body")
      #expect(needed.reason == "is required")
      for body in [nil, "", "{}", " { \"app_id\": \"x\" } "] as [String?] {
        let response = try await api.ask(
          "POST", "/v1/things/1/claims", token: Self.admin, body: body)
        #expect(response.status == 201, "\(body ?? "none")")
      }
    }
  }

  @Test func `a wrong field is named`() async throws {
    try await withAPI { api in
      for (body, field) in [
        ("{}", "name"), (#"{"name":null}"#, "name"), (#"{"name":7}"#, "name"),
        (#"{"name":""}"#, "name"), (#"{"name":"a","size":10}"#, "size"),
        (#"{"name":"a","size":1.5}"#, "size"), (#"{"name":"a","size":"1"}"#, "size"),
      ] {
        let response = try await api.ask(
          "POST", "/v1/admin/things", token: Self.admin, headers: [Self.key], body: body)
        #expect(response.status == 400)
        #expect(response.code == "INVALID_ARGUMENT")
        #expect(response.field == field, "\(body)")
      }
    }
  }

  // MARK: Idempotency key

  @Test func `an idempotency key is required where the route says so, and checked`() async throws {
    try await withAPI { api in
      func ask(_ headers: [(String, String)]) async throws -> HTTPTestResponse {
        try await api.ask("PUT", "/v1/keyed", headers: headers)
      }
      let missing = try await ask([])
      #expect(missing.status == 400)
      #expect(missing.code == "INVALID_ARGUMENT")
      #expect(missing.field == "X-Idempotency-Key")
      for bad in ["", "a b", String(repeating: "k", count: 256), "ä"] {
        for name in ["X-Idempotency-Key", "Idempotency-Key"] {
          #expect(try await ask([(name, bad)]).field == "X-Idempotency-Key", "\(bad)")
        }
      }
      for good in ["k", "\"8e03978e\"", String(repeating: "k", count: 255)] {
        for name in ["X-Idempotency-Key", "Idempotency-Key"] {
          #expect(try await ask([(name, good)]).status == 200)
        }
      }
      let same = try await ask([("X-Idempotency-Key", "k"), ("Idempotency-Key", "k")])
      #expect(same.status == 200)
      let different = try await ask([("X-Idempotency-Key", "k"), ("Idempotency-Key", "l")])
      #expect(different.status == 400)
    }
  }

  @Test func `an optional key is checked, one that means nothing is not`() async throws {
    try await withAPI { api in
      let bad = [("X-Idempotency-Key", "a b")]
      let optional = try await api.ask(
        "POST", "/v1/things/1/claims", token: Self.admin, headers: bad)
      #expect(optional.status == 400)
      let none = try await api.ask("GET", "/v1/open/a", headers: bad)
      #expect(none.status == 200)
    }
  }

  // MARK: Language

  @Test func `messages come in the language that is asked for`() async throws {
    try await withAPI { api in
      for (header, text) in [
        ("ko", "유효한 액세스 토큰이 필요합니다."), ("ko-KR, en;q=0.5", "유효한 액세스 토큰이 필요합니다."),
        ("en", "A valid access token is required."), ("fr", "A valid access token is required."),
      ] {
        let response = try await api.ask("GET", "/v1/me", headers: [("Accept-Language", header)])
        #expect(try response.json["error"]?["message"]?.string == text)
      }
      let unrouted = try await api.ask("GET", "/x", headers: [("Accept-Language", "ko")])
      #expect(try unrouted.json["error"]?["message"]?.string == "요청하신 대상을 찾을 수 없습니다.")
    }
  }
}
