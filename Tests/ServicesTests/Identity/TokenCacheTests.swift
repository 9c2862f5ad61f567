import Domain
import Telemetry
import Testing

@testable import Services

@Suite struct TokenCacheTests {
  private let signer: TokenSigner
  private let verifier: TokenVerifier

  init() throws {
    let key = try TokenFixture.key(.edDSA)
    signer = try TokenSigner(key: key)
    verifier = TokenVerifier(ring: try KeyRing([key]))
  }

  /// Verifies once, after which the cache holds the token.
  private func teach(_ cache: TokenCache, _ token: String) {
    #expect(cache.verify(token).refusal == nil)
  }

  @Test func `a token that comes again is verified no more`() throws {
    let metrics = MetricsRegistry()
    let cache = TokenCache(verifier: verifier, metrics: metrics)
    let token = signer.sign(TokenFixture.claims())
    #expect(cache.count == 0)
    let first = try cache.verify(token).get()
    #expect(cache.count == 1)
    #expect(try cache.verify(token).get() === first)
    let text = String(decoding: metrics.render(), as: UTF8.self)
    #expect(text.contains("spillway_token_cache_total{result=\"hit\"} 1"))
    #expect(text.contains("spillway_token_cache_total{result=\"miss\"} 1"))
  }

  @Test(arguments: [SigningAlgorithm.es256, .edDSA], [false, true])
  func `a costly signature is checked once`(algorithm: SigningAlgorithm, besideHS256: Bool) throws {
    let key = try TokenFixture.key(algorithm)
    let keys = besideHS256 ? [try TokenFixture.key(.hs256), key] : [key]
    let cache = TokenCache(verifier: TokenVerifier(ring: try KeyRing(keys)))
    let token = try TokenSigner(key: key).sign(TokenFixture.claims())
    let first = try cache.verify(token).get()
    #expect(try cache.verify(token).get() === first)
  }

  @Test func `a cheap signature is checked each time, and its token not kept`() throws {
    let key = try TokenFixture.key(.hs256)
    let cache = TokenCache(verifier: TokenVerifier(ring: try KeyRing([key])))
    let token = try TokenSigner(key: key).sign(TokenFixture.claims())
    for _ in 0..<3 { #expect(try cache.verify(token).get().user == TokenFixture.user) }
    #expect(cache.verify(token, tenant: TenantID("other")!).refusal == .wrongTenant)
    #expect(cache.count == 0)
  }

  @Test func `a known token is refused when it expires and for another tenant`() {
    let cache = TokenCache(verifier: verifier)
    let claims = TokenFixture.claims()
    let token = signer.sign(claims)
    let end = claims.expiresAt + TokenRules.leeway
    teach(cache, token)
    #expect(cache.verify(token, tenant: TenantID("other")!).refusal == .wrongTenant)
    #expect(cache.verify(token, now: end - .milliseconds(1)).refusal == nil)
    #expect(cache.verify(token, now: end).refusal == .expired)
    #expect(cache.count == 0)
  }

  @Test func `a known token with another signature or payload is another token`() {
    let cache = TokenCache(verifier: verifier)
    let token = Array(signer.sign(TokenFixture.claims()).utf8)
    teach(cache, String(decoding: token, as: UTF8.self))
    for position in token.indices {
      var changed = token
      changed[position] = changed[position] == UInt8(ascii: "A") ? UInt8(ascii: "B") : 0x41
      #expect(cache.verify(String(decoding: changed, as: UTF8.self)).refusal != nil)
    }
    #expect(cache.count == 1)
  }

  @Test func `refusals are not kept`() {
    let cache = TokenCache(verifier: verifier)
    for text in ["", "a.b.c", String(repeating: "x", count: 500)] {
      for _ in 0..<3 { #expect(cache.verify(text).refusal != nil) }
    }
    #expect(cache.count == 0)
  }

  @Test func `it never holds more than its capacity, and keeps answering right`() throws {
    let cache = TokenCache(verifier: verifier, capacity: 64)
    let tokens = try (0..<500).map { number in
      signer.sign(TokenFixture.claims(user: try #require(UserID("u\(number)"))))
    }
    for _ in 0..<2 {
      for (number, token) in tokens.enumerated() {
        teach(cache, token)
        #expect(try cache.verify(token).get().user.description == "u\(number)")
        #expect(cache.count <= 64)
      }
    }
    #expect(cache.count > 32)
  }

  @Test func `a token in use outlives a crowd that passes by`() throws {
    let cache = TokenCache(verifier: verifier, capacity: 8)
    let favourite = signer.sign(TokenFixture.claims())
    teach(cache, favourite)
    let first = try cache.verify(favourite).get()
    for number in 0..<100 {
      teach(cache, signer.sign(TokenFixture.claims(user: UserID("u\(number)")!)))
      #expect(try cache.verify(favourite).get() === first)
    }
  }

  @Test func `refusals are counted by their reason`() throws {
    let metrics = MetricsRegistry()
    let cache = TokenCache(verifier: verifier, metrics: metrics)
    let claims = TokenFixture.claims()
    let token = signer.sign(claims)
    teach(cache, token)
    _ = cache.verify(token, tenant: TenantID("other")!)
    _ = cache.verify(token, now: claims.expiresAt + TokenRules.leeway)
    for _ in 0..<2 { _ = cache.verify("a.b.c") }
    _ = cache.verify(String(repeating: "x", count: TokenRules.maximumCount + 1))
    let lines = String(decoding: metrics.render(), as: UTF8.self).split(separator: "\n")
    for (reason, count) in [
      ("wrong_tenant", 1), ("expired", 1), ("malformed", 2), ("too_long", 1), ("bad_signature", 0),
    ] {
      #expect(lines.contains("spillway_token_refusals_total{reason=\"\(reason)\"} \(count)"))
    }
  }

  @Test func `a token that is too long to keep is still verified`() throws {
    var claims = TokenFixture.claims()
    claims.market = String(repeating: "m", count: 1000)
    let cache = TokenCache(verifier: verifier)
    let token = signer.sign(claims)
    teach(cache, token)
    #expect(try cache.verify(token).get().market?.count == 1000)
    #expect(cache.count == 0)
  }
}
