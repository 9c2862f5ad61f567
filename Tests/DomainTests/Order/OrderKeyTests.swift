import Domain
import TestSupport
import Testing

@Suite struct OrderKeyTests {
  private let now = Instant(milliseconds: 1_763_786_769_443)

  private func key(_ text: String) -> OrderKey? {
    Array(text.utf8).withUnsafeBytes { OrderKey(text: $0) }
  }

  @Test func `an order's id is a version 7 UUID that tells its time and its key`() {
    var random = SeededGenerator()
    for _ in 0..<1_000 {
      let key = OrderKey(RequestDigest(high: random.next(), low: random.next()))
      let order = key.order(at: now)
      #expect(order.version == 7 && order.time == now && order.low >> 62 == 0b10)
      #expect(OrderKey(of: order) == key)
      #expect(order.description.hasSuffix("7\(key)"))
      #expect(self.key("\(key)") == key)
      #expect(key.first.time == Instant(milliseconds: 0) && OrderKey(of: key.first) == key)
    }
  }

  @Test func `a key is the last 76 bits of its digest but for the variant's two`() {
    let digest = RequestDigest(high: 0xFFFF_FFFF_FFFF_FABC, low: 0xDEF0_0000_0000_0001)
    #expect(OrderKey(digest).description == "abc-9ef0-000000000001")
    let alike = RequestDigest(high: 0xABC, low: 0x1EF0_0000_0000_0001)
    #expect(OrderKey(digest) == OrderKey(alike))
    #expect(OrderKey(digest) != OrderKey(RequestDigest(high: 0xABD, low: digest.low)))
    #expect(OrderKey(digest) != OrderKey(RequestDigest(high: 0xABC, low: digest.low + 1)))
  }

  @Test func `a salted digest is that of the salt and the digest`() {
    let digest = RequestDigest(high: 0x0001_0203_0405_0607, low: 0x0809_0A0B_0C0D_0E0F)
    let salt = Identifier("10111213-1415-1617-1819-1a1b1c1d1e1f")!
    let message = Array(UInt8(0x10)...0x1F) + Array(UInt8(0)...0x0F)
    let expected = SHA256.hexadecimal(SHA256.digest(message)).prefix(32)
    #expect(digest.salted(with: salt).description == expected)
    #expect(digest.salted(with: salt) != digest.salted(with: Identifier(high: 0, low: 0)))
  }

  @Test(arguments: [
    "", "abc-9ef0-00000000000", "abc-9ef0-0000000000011", "abc-1ef0-000000000001",
    "abc-def0-000000000001", "abc-9ef0+000000000001", "abg-9ef0-000000000001",
    "7abc-9ef0-00000000001",
  ])
  func `what is no end of an id is no key`(text: String) { #expect(key(text) == nil) }
}
