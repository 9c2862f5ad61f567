import Domain
import Testing

@testable import Services

@Suite struct CartTokensTests {
  private let guest = Identifier(high: 0x0190_a000_0000_7000, low: 0x8000_0000_0000_0001)

  private func tokens(_ tenant: String = "shop", _ secrets: [UInt8] = [1]) -> CartTokens {
    CartTokens(
      tenant: TenantID(tenant)!, secrets: secrets.map { Array(repeating: $0, count: 32) })
  }

  private func read(_ tokens: CartTokens, _ text: String) -> Identifier? {
    Array(text.utf8).withUnsafeBytes(tokens.guest)
  }

  @Test func `what was signed is read again, by the tenant and its secrets alone`() {
    let text = tokens().sign(guest)
    #expect(text.utf8.count == CartTokens.textCount)
    #expect(read(tokens(), text) == guest)
    #expect(read(tokens("shop", [2, 1]), text) == guest)
    #expect(read(tokens("shop", [2]), text) == nil)
    #expect(read(tokens("other"), text) == nil)
  }

  @Test func `no other text is a guest`() {
    let text = tokens().sign(guest)
    for position in text.indices {
      for character in "AQ_z" where text[position] != character {
        var changed = text
        changed.replaceSubrange(position...position, with: String(character))
        #expect(read(tokens(), changed) == nil, "\(changed)")
      }
    }
    for wrong in ["", "x", text + "A", String(text.dropLast()), "\u{0}"] {
      #expect(read(tokens(), wrong) == nil)
    }
  }
}
