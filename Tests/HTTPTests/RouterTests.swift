import HTTP
import Testing

@Suite struct RouterTests {
  private static func router() -> Router<String> {
    var router = Router<String>()
    router.add(.get, "/", "root")
    router.add(.get, "/healthz", "health")
    router.add(.post, "/v1/campaigns/{id}/coupons", "claim")
    router.add(.get, "/v1/campaigns/{id}", "campaign")
    router.add(.patch, "/v1/campaigns/{id}", "change")
    router.add(.get, "/v1/campaigns/recent", "recent")
    router.add(.get, "/v1/rooms/{room}/tickets/{ticket}", "ticket")
    return router
  }

  private func find(_ method: HTTPMethod, _ path: String) -> String {
    let router = Self.router()
    var path = path
    return path.withUTF8 { bytes in
      let bytes = UnsafeRawBufferPointer(bytes)
      switch router.match(method, bytes) {
      case .found(let value, let captures):
        let parts = (0..<captures.count).map { index in
          "\(captures.names[index])=\(String(decoding: bytes[captures[index]], as: UTF8.self))"
        }
        return ([value] + parts).joined(separator: " ")
      case .methodNotAllowed(let allow): return "405 \(allow)"
      case .notFound: return "404"
      }
    }
  }

  @Test func `literal and captured segments are found`() {
    #expect(find(.get, "/") == "root")
    #expect(find(.get, "/healthz") == "health")
    #expect(find(.post, "/v1/campaigns/abc/coupons") == "claim id=abc")
    #expect(find(.get, "/v1/rooms/r1/tickets/t%2F9") == "ticket room=r1 ticket=t%2F9")
  }

  @Test func `a literal segment wins over a capture, which is tried after it`() {
    #expect(find(.get, "/v1/campaigns/recent") == "recent")
    #expect(find(.get, "/v1/campaigns/recen") == "campaign id=recen")
    #expect(find(.post, "/v1/campaigns/recent/coupons") == "claim id=recent")
  }

  @Test func `HEAD falls back to GET`() {
    #expect(find(.head, "/healthz") == "health")
  }

  @Test func `another method is told which are allowed`() {
    #expect(find(.delete, "/v1/campaigns/1") == "405 GET, HEAD, PATCH")
    #expect(find(.get, "/v1/campaigns/1/coupons") == "405 POST")
  }

  @Test func `unknown, empty and overlong paths are not found`() {
    for path in [
      "", "/v1", "/v1/", "/v1/campaigns", "/v1/campaigns/", "/v1/campaigns//coupons",
      "/v1/campaigns/1/coupons/", "/healthz/", "//healthz", "healthz", "/HEALTHZ", "*",
    ] {
      #expect(find(.get, path) == "404", "\(path)")
    }
  }
}
