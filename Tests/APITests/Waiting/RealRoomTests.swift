import Domain
import EventLoop
import TestSupport
import Testing

@testable import API

/// The page before a real room, from the browser to Redis.
@Suite(.serialized) struct RealRoomTests {
  @Test func `a guest waits on the page, keeps the place, and is let in`() async throws {
    try await withRooms { rooms in
      let id = try await rooms.create([
        "name": "Drop & <Sale>", "capacity": 1, "target_url": "/healthz", "session_seconds": 600,
      ])
      // Somebody has the only place.
      let first = try await rooms.ticket(id, user: "ann")
      _ = try await rooms.admission(id, first)
      guard case .tcp(_, let port) = rooms.api.server.address else { preconditionFailure() }
      try await withBrowser { browser in
        try await browser.listen()
        let visitor = Visitor(
          browser: browser, origin: "http://\(Browser.host):\(port)", room: Identifier(id)!)
        try await visitor.open()
        try await visitor.sees("1", in: "#position")
        #expect(try await browser.text(".name") == "Drop & <Sale>")
        let number = try await browser.text("#number")
        // Without what the page has kept, the cookie leads back to the place.
        let _: Bool = try await browser.run("localStorage.clear(); return true")
        try await browser.reload()
        try await visitor.sees("1", in: "#position")
        #expect(try await browser.text("#number") == number)
        #expect(try await visitor.faults == [])

        #expect(try await rooms.leave(id, first).status == 204)
        try await eventually(within: Visitor.patience, "the target") {
          try await browser.url == "\(visitor.origin)/healthz"
        }
        let kept: String = try await browser.run(
          "return JSON.parse(localStorage.getItem('spillway.admission.\(id)')).token")
        let path = try await rooms.campaign(behind: id)
        try await eventually(within: .seconds(30), "a claim behind the room") {
          try await rooms.claim(path, user: "bob", admission: kept).status < 300
        }
        #expect(try await rooms.claim(path, user: "bob").status == 403)
      }
    }
  }

  @Test func `an unknown room, and another tenant's, is a page`() async throws {
    try await withRooms { rooms in
      let foreign = try await rooms.create(tenant: "other")
      for id in [foreign, "0195d2e0-0000-7000-8000-00000000ffff"] {
        let page = try await rooms.api.ask("GET", "/waiting/\(id)")
        #expect(page.status == 404)
        #expect(page.text.contains("There is no such waiting room"))
      }
    }
  }
}
