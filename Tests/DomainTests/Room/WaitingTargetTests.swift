import Domain
import Testing

@Suite struct WaitingTargetTests {
  @Test(arguments: ["/", "/sale", "/sale?item=1&b=%2F#top", "/a//b", "/waitingroom", "/x@y:z"])
  func `a path of the same origin is a target`(path: String) {
    #expect(WaitingTarget(path: path)?.text == path)
    #expect(WaitingTarget(configured: path)?.text == path)
  }

  @Test(arguments: [
    "", "sale", "//evil.test", "///evil.test", "/\\evil.test", "\\\\evil.test", "/\t/evil.test",
    "/\n/evil.test", "\t//evil.test", " /sale", "/sale ", "javascript:alert(1)", "data:text/html,x",
    "/a\u{0}b", "/경로", "/a\"b", "/<script>", "/waiting/0195d2e0-0000-7000-8000-000000000000",
    "?a=b", "#a", "http:evil.test", "https:/evil.test",
  ])
  func `what browsers may read as another origin is none`(text: String) {
    #expect(WaitingTarget(path: text) == nil)
    #expect(WaitingTarget(configured: text) == nil)
  }

  @Test func `only an operator names another origin`() {
    let long = "/" + String(repeating: "a", count: WaitingTarget.maximumCount)
    #expect(WaitingTarget(path: long) == nil)
    for url in ["https://shop.test", "https://shop.test:8443/sale?x=1#y", "HTTP://shop.test/"] {
      #expect(WaitingTarget(path: url) == nil)
      #expect(WaitingTarget(configured: url)?.text == url)
    }
    for url in [
      "https://", "https:///x", "https://:80", "https://shop.test@evil.test/", "ftp://shop.test",
      "https://shop.test\\@evil.test", "https://?x",
    ] {
      #expect(WaitingTarget(configured: url) == nil, "\(url)")
    }
  }
}
