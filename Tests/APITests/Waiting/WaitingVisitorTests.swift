import Domain
import Foundation
import TestSupport
import Testing

@testable import API

/// The page in a real browser. One at a time: a browser is heavy.
@Suite(.serialized) struct WaitingVisitorTests {
  @Test func `a visitor waits, moves up, reloads without loss, and is taken on`() async throws {
    try await withVisitor { room, visitor in
      try await visitor.open("?target=/shop?from=queue")
      try await visitor.sees("120", in: "#position")
      #expect(try await visitor.browser.text("h1") == "You are in line")
      #expect(try await visitor.browser.text("#wait") == "about 8 minutes")
      #expect(try await visitor.browser.text("#ahead") == "119")
      #expect(try await visitor.browser.text("#number") == "40,001")
      #expect(try await visitor.browser.text("#progress-text") == "0% of the way")
      #expect(try await visitor.browser.text("#updated").contains(":"))

      let ticket = "ticket-1.signature_A"
      room.positions[ticket] = 30
      try await visitor.sees("30", in: "#position")
      try await visitor.sees("75% of the way", in: "#progress-text")
      #expect(try await visitor.browser.text("#wait") == "about 2 minutes")

      try await visitor.browser.reload()
      try await visitor.sees("30", in: "#position")
      try await visitor.sees("75% of the way", in: "#progress-text")
      #expect(room.joins == 1)

      room.admitted = [ticket]
      try await visitor.sees("The shop", in: "h1")
      #expect(try await visitor.browser.url == "\(visitor.origin)/shop?from=queue")
      let kept: String = try await visitor.browser.run(
        "return localStorage.getItem('spillway.admission.\(FakeRoom.id)')")
      #expect(kept.contains("admission.of.\(ticket)"))
    }
  }

  @Test func `errors are told, backed off from, and overcome`() async throws {
    try await withVisitor { room, visitor in
      room.refusal = APIError(.internalRetryable)
      try await visitor.open()
      try await visitor.sees("The connection is interrupted. Trying again in", in: "#trouble")
      room.refusal = nil
      try await visitor.sees("120", in: "#position")
      #expect(try await !visitor.browser.isVisible("#trouble"))

      room.refusal = APIError(.rateLimited, retryAfter: 2)
      try await visitor.sees("your place is kept", in: "#trouble")
      // The place stays in sight meanwhile.
      #expect(try await visitor.browser.text("#position") == "120")
      let polls = room.polls
      try await visitor.sees("Trying again in", in: "#trouble")
      #expect(room.polls == polls)
      room.refusal = nil
      try await eventually(within: Visitor.patience) { room.polls > polls + 2 }
      #expect(room.joins == 1)
      #expect(try await visitor.heard.contains("Connected again."))
    }
  }

  @Test func `announcements are few`() async throws {
    try await withVisitor { room, visitor in
      try await visitor.open()
      try await visitor.sees("120", in: "#position")
      for position in stride(from: 119, through: 55, by: -8) {
        room.positions["ticket-1.signature_A"] = position
        try await visitor.sees("\(position)", in: "#position")
      }
      #expect(
        try await visitor.heard == [
          "You are in line. Your place is 120. Estimated wait: about 8 minutes.",
          "Your place is now 55. Estimated wait: about 4 minutes.",
        ])
      let role: String = try await visitor.browser.run(
        "return document.querySelector('#announcer').getAttribute('role')")
      #expect(role == "status")
      // What changes with every poll is no live region.
      let live: Int = try await visitor.browser.run(
        "return document.querySelectorAll('[aria-live], [role=status], [role=alert]').length")
      #expect(live == 1)
    }
  }

  @Test func `a lapsed place, leaving, and joining again`() async throws {
    try await withVisitor { room, visitor in
      try await visitor.open()
      try await visitor.sees("120", in: "#position")
      room.positions = [:]
      try await visitor.sees("Your place has lapsed", in: "h1")
      try await visitor.browser.click("#join")
      try await visitor.sees("You are in line", in: "h1")
      #expect(room.joins == 2)

      try await visitor.browser.click("#leave")
      try await visitor.browser.click("#stay")
      #expect(room.left == [])
      try await visitor.browser.click("#leave")
      try await visitor.browser.click("#go")
      try await visitor.sees("You have left the line", in: "h1")
      #expect(room.left == ["ticket-2.signature_A"])
      // Whoever used the keyboard is not lost.
      let focused: String = try await visitor.browser.run("return document.activeElement.id")
      #expect(focused == "headline")
      try await visitor.browser.reload()
      try await visitor.sees("You are in line", in: "h1")
      #expect(room.joins == 3)

      room.refusal = APIError(.forbidden)
      try await visitor.sees("Your place has lapsed", in: "h1")
      try await visitor.browser.click("#join")
      try await visitor.sees("Nobody is let in at the moment", in: "h1")
    }
  }

  @Test func `in Korean, before the opening, and with the draw's commitment`() async throws {
    try await withVisitor { room, visitor in
      room.opensAt = Instant(milliseconds: 4_000_000_000_000)
      room.room.draw = .init(commitment: String(repeating: "ab", count: 32))
      try await visitor.browser.speak("ko-KR,ko")
      try await visitor.open()
      try await visitor.sees("아직 시작 전입니다", in: "h1")
      try await visitor.sees("추첨", in: "#lead")
      #expect(try await visitor.browser.run("return document.documentElement.lang") == "ko")
      #expect(try await visitor.browser.isVisible("#draw"))
      room.opensAt = nil
      room.isByLot = true
      try await visitor.sees("추첨으로 정해집니다", in: "#progress-text")
      #expect(try await visitor.browser.text("#position") == "–")
      room.isByLot = false
      try await visitor.sees("120", in: "#position")
      #expect(try await visitor.browser.text("#wait") == "약 8분")
      #expect(try await visitor.heard.last == "대기 중입니다. 내 순서는 120번이고 예상 대기 시간은 약 8분입니다.")
      try await visitor.browser.click("nav a[lang=en]")
      try await visitor.sees("You are in line", in: "h1")
      #expect(room.joins == 1)
    }
  }

  @Test func `a hostile name and a hostile target do no harm`() async throws {
    try await withVisitor { room, visitor in
      let name = #"<img src=x onerror="window.hit=1"></h1><script>window.hit=1</script>{place}"#
      room.room = WaitingRoom(id: FakeRoom.id, name: name)
      try await visitor.open("?target=javascript:window.hit=1")
      try await visitor.sees("120", in: "#position")
      #expect(try await visitor.browser.text(".name") == name)
      #expect(try await visitor.browser.run("return document.title") == "120 · \(name)")
      room.admitted = ["ticket-1.signature_A"]
      // Without a target it stays.
      try await visitor.sees("It is your turn", in: "h1")
      try await visitor.sees("Go back to the shop", in: "#lead")
      #expect(try await visitor.browser.run("return window.hit === undefined"))
      #expect(try await visitor.browser.url.hasPrefix(visitor.origin))
    }
  }

  @Test func `another origin gets the admission in the fragment`() async throws {
    try await withVisitor { room, visitor in
      let port = visitor.origin.split(separator: ":").last!
      room.room.target = WaitingTarget(configured: "http://127.0.0.1:\(port)/nowhere?a=1")
      try await visitor.open()
      try await visitor.sees("120", in: "#position")
      room.admitted = ["ticket-1.signature_A"]
      try await eventually(within: Visitor.patience, "the other origin") {
        try await visitor.browser.url
          == "http://127.0.0.1:\(port)/nowhere?a=1#spillway_room=\(FakeRoom.id)"
          + "&spillway_admission=admission.of.ticket-1.signature_A"
      }
    }
  }

  /// Narrow, light and dark, each with text that can be read (WCAG 2.2, 1.4.3 and 1.4.10).
  @Test(arguments: [("light", 1024), ("dark", 1024), ("light", 320), ("dark", 320)])
  func `it fits and can be read`(scheme: String, width: Int) async throws {
    try await withVisitor { room, visitor in
      try await visitor.browser.resize(width: width, height: width == 320 ? 720 : 800, scale: 2)
      try await visitor.browser.prefer([
        "prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce",
      ])
      room.room.draw = .init(commitment: String(repeating: "ab", count: 32))
      try await visitor.open()
      try await visitor.sees("120", in: "#position")
      room.positions["ticket-1.signature_A"] = 42
      try await visitor.sees("65% of the way", in: "#progress-text")
      let overflow: Int = try await visitor.browser.run(
        "return document.documentElement.scrollWidth - innerWidth")
      #expect(overflow <= 0)
      let failing: [String] = try await visitor.browser.run(Self.lowContrast)
      #expect(failing == [])
      let isDark: Bool = try await visitor.browser.run(
        "return getComputedStyle(document.body).backgroundColor === 'rgb(12, 18, 32)'")
      #expect(isDark == (scheme == "dark"))
      try await Self.keep(visitor, as: width == 320 ? "narrow-\(scheme)" : scheme)
    }
  }

  /// Writes what is seen into the folder that `SPILLWAY_SCREENSHOTS` names, for the documentation.
  private static func keep(_ visitor: Visitor, as name: String) async throws {
    guard let folder = ProcessInfo.processInfo.environment["SPILLWAY_SCREENSHOTS"] else { return }
    let picture = try await visitor.browser.screenshot()
    try Data(picture).write(to: URL(fileURLWithPath: "\(folder)/waiting-room-\(name).png"))
  }

  /// The visible texts whose contrast with what is behind them is below 4.5.
  private static let lowContrast = """
    const channels = (colour) => colour.match(/[0-9.]+/g).map(Number);
    const luminance = (colour) => {
      const [r, g, b] = channels(colour).map((value) => {
        const part = value / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const behind = (element) => {
      for (let node = element; node; node = node.parentElement) {
        const colour = getComputedStyle(node).backgroundColor;
        if (channels(colour)[3] !== 0) return colour;
      }
      return 'rgb(255, 255, 255)';
    };
    const failing = [];
    for (const element of document.querySelectorAll('body *')) {
      const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
      if (!own || !element.getClientRects().length) continue;
      const pair = [getComputedStyle(element).color, behind(element)].map(luminance);
      const contrast = (Math.max(...pair) + 0.05) / (Math.min(...pair) + 0.05);
      if (contrast < 4.5) failing.push(`${element.tagName} ${element.id} ${contrast}`);
    }
    return failing;
    """
}
