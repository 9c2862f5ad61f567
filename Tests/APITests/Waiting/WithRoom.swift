import EventLoop
import TestSupport
import Testing

@testable import API

/// Runs `body` with a server of a fake room on a loop of its own.
func withRoom<Result: Sendable>(
  _ body: @escaping @Sendable (APIUnderTest<FakeRoom>) async throws -> Result
) async throws -> Result {
  try await withEventLoop { loop in
    let api = try APIUnderTest(
      FakeRoom.table, services: FakeRoom(loop: loop), loop: loop, settings: APISettings())
    defer { api.server.close() }
    return try await body(api)
  }
}

/// Runs `body` with a fake room and a browser that hears what its pages announce.
func withVisitor<Result: Sendable>(
  _ body: @escaping @Sendable (FakeRoom, Visitor) async throws -> Result
) async throws -> Result {
  try await withRoom { api in
    guard case .tcp(_, let port) = api.server.address else { preconditionFailure() }
    return try await withBrowser { browser in
      try await browser.listen()
      let visitor = Visitor(browser: browser, origin: "http://\(Browser.host):\(port)")
      let result = try await body(api.services, visitor)
      #expect(try await visitor.faults == [])
      return result
    }
  }
}

/// Somebody who looks at the page. Loop-confined.
struct Visitor {
  let browser: Browser
  let origin: String
  var room = FakeRoom.id

  /// Browsers on a loaded machine take their time.
  static let patience = Duration.seconds(60)

  func open(_ query: String = "") async throws {
    try await browser.open("\(origin)/waiting/\(room)\(query)")
  }

  /// Waits until an element shows a text.
  func sees(_ text: String, in selector: String = "main") async throws {
    do {
      try await eventually(within: Self.patience) {
        try await browser.text(selector).contains(text)
      }
    } catch is NeverHappened {
      let page = try await browser.text("body")
      throw NeverHappened(description: "no \(text) in \(selector) of: \(page) \(try await faults)")
    }
  }

  /// What the live region said since the page was loaded.
  var heard: [String] { get async throws { try await browser.run("return window.heard") } }

  /// Errors of the page, and what its content security policy stopped.
  var faults: [String] {
    get async throws { try await browser.run("return window.faults") }
  }
}
