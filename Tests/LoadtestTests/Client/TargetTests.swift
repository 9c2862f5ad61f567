import EventLoop
import Testing

@testable import spillway_loadtest

@Suite struct TargetTests {
  @Test func `a URL gives address and host`() {
    #expect(Target(url: "http://127.0.0.1:8080")?.address == .tcp(host: "127.0.0.1", port: 8080))
    #expect(Target(url: "http://shop.example/")?.address == .tcp(host: "shop.example", port: 80))
    #expect(Target(url: "http://[::1]:81")?.address == .tcp(host: "::1", port: 81))
    #expect(Target(url: "http://[::1]")?.address == .tcp(host: "::1", port: 80))
    #expect(Target(url: "http://localhost:8080")?.host == "localhost:8080")
    #expect(Target(url: "http://localhost:8080", host: "shop")?.host == "shop")
  }

  @Test(arguments: [
    "", "https://x", "http://", "http://x/path", "http://x:0", "http://x:70000", "http://:80",
    "http://u@x", "ftp://x",
  ])
  func `anything else is refused`(url: String) {
    #expect(Target(url: url) == nil)
  }
}
