import Domain
import Testing

@Suite struct NameTests {
  @Test func `a user is 1 to 64 visible ASCII characters`() {
    #expect(UserID("a")?.description == "a")
    #expect(UserID("!~{}:\"\\") != nil)
    #expect(UserID(String(repeating: "u", count: 64)) != nil)
    #expect(UserID(String(repeating: "u", count: 65)) == nil)
    for text in ["", "a b", "a\n", "é", "\u{7F}", "\u{0}"] { #expect(UserID(text) == nil) }
  }

  @Test func `an idempotency key is 1 to 255 visible ASCII characters`() {
    #expect(IdempotencyKey(String(repeating: "~", count: 255)) != nil)
    #expect(IdempotencyKey(String(repeating: "~", count: 256)) == nil)
    for text in ["", " ", "a\t", "키"] { #expect(IdempotencyKey(text) == nil) }
  }

  @Test func `a tenant is a plain word that is safe in a key`() {
    for text in ["demo", "a", "0", "shop_2", "kr-shop", String(repeating: "t", count: 40)] {
      #expect(TenantID(text)?.description == text)
    }
    for text in [
      "", "Demo", "-a", "_a", "a b", "a:b", "{a}", "é", String(repeating: "t", count: 41),
    ] {
      #expect(TenantID(text) == nil, "\(text)")
    }
  }
}
