import Domain
import Services
import TestSupport
import Testing

@Suite struct IdempotencyDigestTests {
  @Test func `a node salts a digest as a reconciler does`() {
    var random = SeededGenerator()
    for _ in 0..<200 {
      let digest = RequestDigest(high: random.next(), low: random.next())
      let salt = Identifier(high: random.next(), low: random.next())
      #expect(
        IdempotencyDigest.salted(digest, with: salt) == digest.salted(with: salt),
        "seed \(random.seed)")
    }
  }
}
