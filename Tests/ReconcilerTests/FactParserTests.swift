import Domain
import HotPath
import Ledger
import TestSupport
import Testing

@testable import Reconciler

@Suite struct FactParserTests {
  private func parse(_ payload: [UInt8]) -> CouponFacts? {
    var facts = CouponFacts()
    return payload.withUnsafeBytes { FactParser.append($0, to: &facts) } ? facts : nil
  }

  /// What the plain reader of a fact makes of the payload.
  private func expected(_ payload: [UInt8]) -> CouponFacts? {
    guard let fact = CouponIssuedFact(payload: payload) else { return nil }
    var facts = CouponFacts()
    for (offset, item) in fact.items.enumerated() {
      let user = Array(item.user.utf8)
      let digest = Array((item.idempotency?.digest ?? "").utf8)
      let fingerprint = Array((item.idempotency?.fingerprint ?? "").utf8)
      user.withUnsafeBytes { user in
        digest.withUnsafeBytes { digest in
          fingerprint.withUnsafeBytes { fingerprint in
            facts.append(
              campaign: fact.campaign, sequence: fact.firstSequence + offset, user: user,
              ordinal: item.ordinal, issuedAt: fact.issuedAt,
              record: item.idempotency == nil ? nil : (digest, fingerprint))
          }
        }
      }
    }
    return facts
  }

  @Test func `random payloads are read as the plain reader reads them`() {
    var random = SeededGenerator()
    for _ in 0..<500 {
      let campaign = Identifier(high: random.next(), low: random.next())
      var text = "\(campaign) \(Int.random(in: 1...1_000_000, using: &random)) 1763678461123"
      for _ in 0..<Int.random(in: 1...40, using: &random) {
        text += "\nuser-\(Int.random(in: 0...99999, using: &random))"
        switch Int.random(in: 0..<3, using: &random) {
        case 0: break
        case 1: text += " \(Int.random(in: 1...9, using: &random))"
        default: text += " 1 digest\(random.next()) print\(random.next())"
        }
      }
      let payload = Array(text.utf8)
      #expect(parse(payload) != nil)
      #expect(parse(payload) == expected(payload))
    }
  }

  @Test func `a payload with a random byte changed never traps, and is never read as longer`() {
    var random = SeededGenerator()
    let text = "0190a000-0000-7000-8000-000000000001 5 1763678461123\nann\nben 2\ncat 1 d f"
    for _ in 0..<2000 {
      var payload = Array(text.utf8)
      payload[Int.random(in: 0..<payload.count, using: &random)] = UInt8(random.next() & 0xFF)
      if let facts = parse(payload) { #expect(facts.count <= 5) }
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
    #expect(parse(Array(text.utf8)) == nil)
  }
}
