import Domain
import Testing

@Suite struct HostTests {
  @Test(arguments: [
    ("localhost", "localhost"), ("LocalHost:8080", "localhost"), ("Shop.Example.", "shop.example"),
    ("shop.example.:443", "shop.example"), ("127.0.0.1:1", "127.0.0.1"), ("[::1]", "[::1]"),
    ("[FE80::A]:8080", "[fe80::a]"), ("xn--3e0b707e", "xn--3e0b707e"), ("a_b", "a_b"),
    ("shop.example:", "shop.example"),
  ])
  func `all spellings of a host become one`(text: String, expected: String) {
    #expect(Host(text)?.description == expected)
  }

  @Test(arguments: [
    "", ".", ":80", "a..b", ".a", "a b", "a:b", "a:99999", "a:1:2", "::1", "[]", "[::1", "::1]",
    "a/b", "a@b", "é.example", "a\u{0}", "[::1]x", "[g]", "a.:x", "a..",
  ])
  func `what is no host is refused`(text: String) {
    #expect(Host(text) == nil)
  }

  @Test func `a host has at most 253 bytes`() {
    let label = String(repeating: "a", count: 63)
    let longest = "\(label).\(label).\(label).\(String(repeating: "a", count: 61))"
    #expect(Host(longest)?.description == longest)
    #expect(Host(longest + ".:80")?.description == longest)
    #expect(Host(longest + "a") == nil)
  }
}
