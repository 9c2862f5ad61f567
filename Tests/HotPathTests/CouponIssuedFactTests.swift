import Domain
import TestSupport
import Testing

@testable import HotPath

@Suite struct CouponIssuedFactTests {
  /// A random fact's items with the payload that the claim script writes for them.
  private func random(
    _ random: inout SeededGenerator
  ) -> (items: [CouponIssuedFact.Item], lines: String) {
    var items: [CouponIssuedFact.Item] = []
    var lines = ""
    for _ in 0..<Int.random(in: 1...40, using: &random) {
      let user = "user-\(Int.random(in: 0...99999, using: &random))"
      let ordinal = Int.random(in: 1...9, using: &random)
      switch Int.random(in: 0..<3, using: &random) {
      case 0:
        items.append(.init(user: user, ordinal: 1, idempotency: nil))
        lines += "\n\(user)"
      case 1:
        items.append(.init(user: user, ordinal: ordinal, idempotency: nil))
        lines += "\n\(user) \(ordinal)"
      default:
        let record = (digest: "digest\(random.next())", fingerprint: "print\(random.next())")
        items.append(.init(user: user, ordinal: ordinal, idempotency: record))
        lines += "\n\(user) \(ordinal) \(record.digest) \(record.fingerprint)"
      }
    }
    return (items, lines)
  }

  @Test func `random facts are read as they were written`() throws {
    var generator = SeededGenerator()
    for _ in 0..<500 {
      let campaign = Identifier(high: generator.next(), low: generator.next())
      let first = Int.random(in: 1...1_000_000, using: &generator)
      let (items, lines) = random(&generator)
      let fact = try #require(
        CouponIssuedFact(payload: Array("\(campaign) \(first) 1763678461123\(lines)".utf8)))
      #expect(fact.campaign == campaign && fact.firstSequence == first)
      #expect(fact.issuedAt.milliseconds == 1_763_678_461_123)
      #expect(fact.items == items)
    }
  }

  @Test func `a payload with a random byte changed never traps, and is never read as longer`() {
    var random = SeededGenerator()
    let text = "0190a000-0000-7000-8000-000000000001 5 1763678461123\nann\nben 2\ncat 1 d f"
    for _ in 0..<2000 {
      var payload = Array(text.utf8)
      payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8(random.next() & 0xFF)
      if let fact = CouponIssuedFact(payload: payload) { #expect(fact.items.count <= 5) }
    }
  }

  @Test(arguments: [
    "", "x", "0190a000-0000-7000-8000-000000000001 1 2",
    "0190a000-0000-7000-8000-000000000001 0 2\na",
    "0190a000-0000-7000-8000-000000000001 1 2\n\nann",
    "0190a000-0000-7000-8000-000000000001 1 2\na 0",
    "0190a000-0000-7000-8000-000000000001 1 2\na 1 digest",
    "0190a000-0000-7000-8000-000000000001 1 2\na 1 digest print more",
    "0190a000-0000-7000-8000-000000000001 1 2\na ", "0190a000-0000-7000-8000-00000000000 1 2\na",
    "0190a000-0000-7000-8000-000000000001 1 2\n\u{7F}",
  ])
  func `a malformed payload is refused`(text: String) {
    #expect(CouponIssuedFact(payload: Array(text.utf8)) == nil)
  }
}
