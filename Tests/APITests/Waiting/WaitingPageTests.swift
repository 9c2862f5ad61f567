import Domain
import TestSupport
import Testing

@testable import API

/// The page as the server sends it.
@Suite struct WaitingPageTests {
  private func page(
    _ api: APIUnderTest<FakeRoom>, _ query: String = "", id: String = "\(FakeRoom.id)",
    language: String? = nil
  ) async throws -> HTTPTestResponse {
    try await api.ask(
      "GET", "/waiting/\(id)\(query)",
      headers: language.map { [("Accept-Language", $0)] } ?? [])
  }

  @Test func `it is one small page that may load nothing from elsewhere`() async throws {
    try await withRoom { api in
      let response = try await page(api)
      #expect(response.status == 200)
      #expect(response.headers["content-type"] == "text/html; charset=utf-8")
      #expect(response.headers["cache-control"] == "no-store")
      #expect(response.headers["x-content-type-options"] == "nosniff")
      #expect(response.headers["referrer-policy"] == "no-referrer")
      let policy = try #require(response.headers["content-security-policy"])
      #expect(policy.hasPrefix("default-src 'none'; script-src 'sha256-"))
      #expect(policy.contains("frame-ancestors 'none'"))
      #expect(!policy.contains("unsafe"))
      #expect(response.body.count < 24_000, "\(response.body.count) bytes")
      #expect(!response.text.contains("{{"))
      #expect(response.text.contains(#"data-id="\#(FakeRoom.id)""#))
    }
  }

  @Test func `it speaks the language that is asked for`() async throws {
    try await withRoom { api in
      let english = try await page(api)
      #expect(english.text.contains(#"<html lang="en">"#))
      #expect(english.headers["content-language"] == "en")
      #expect(english.headers["vary"] == "Accept-Language")
      let korean = try await page(api, language: "ko-KR,ko;q=0.9,en;q=0.5")
      #expect(korean.text.contains(#"<html lang="ko">"#))
      #expect(korean.text.contains("예상 대기 시간"))
      let chosen = try await page(api, "?lang=en", language: "ko")
      #expect(chosen.text.contains(#"<html lang="en">"#))
      for odd in ["?lang=fr", "?lang=", "?lang=ko&lang=en", "?lang=%FF"] {
        #expect(try await page(api, odd, language: "ko").headers["content-language"] == "ko")
      }
    }
  }

  @Test func `the target is the room's own or a path of this origin`() async throws {
    try await withRoom { api in
      func target(_ query: String) async throws -> Substring? {
        let text = try await page(api, query).text
        return text.firstMatch(of: /data-target="([^"]*)"/)?.1
      }
      #expect(try await target("") == "/shop")
      #expect(
        try await target("?target=%2Fsale%3Fitem%3D1%26x%3D%2527") == "/sale?item=1&amp;x=%27")
      for unsafe in [
        "%2F%2Fevil.test", "https%3A%2F%2Fevil.test", "javascript%3Aalert(1)", "%2F%5Ce",
      ] {
        #expect(try await target("?target=\(unsafe)") == "/shop")
      }
      let link = try await page(api, "?target=%2Fa%26b").text
      #expect(link.contains(#"href="?lang=ko&amp;target=%2Fa%26b""#))
      api.services.room.target = nil
      #expect(try await target("?target=//evil.test") == "")
    }
  }

  @Test func `names are text, whatever they contain`() async throws {
    try await withRoom { api in
      api.services.room = WaitingRoom(
        id: FakeRoom.id, name: #"</title><script>alert("1")</script>'&"#)
      let text = try await page(api).text
      #expect(text.contains("&lt;/title&gt;&lt;script&gt;alert(&quot;1&quot;)"))
      #expect(text.matches(of: /<script/).count == 2)
    }
  }

  @Test func `a draw shows its commitment, and its seed once there is one`() async throws {
    try await withRoom { api in
      #expect(try await page(api).text.contains(#"<details id="draw" hidden>"#))
      api.services.room.draw = .init(commitment: "c0ffee")
      var text = try await page(api).text
      #expect(text.contains(#"<details id="draw">"#))
      #expect(text.contains("c0ffee") && text.contains("<p hidden>"))
      api.services.room.draw?.seed = "5eed"
      text = try await page(api).text
      #expect(text.contains("5eed") && !text.contains("<p hidden>"))
    }
  }

  @Test(arguments: ["en": "There is no such waiting room", "ko": "대기실을 찾을 수 없습니다"])
  func `an unknown room is a page, too`(language: String, headline: String) async throws {
    try await withRoom { api in
      for id in ["0195d2e0-0000-7000-8000-00000000ffff", "nonsense", "%3Cscript%3E"] {
        let response = try await page(api, "?target=/a", id: id, language: language)
        #expect(response.status == 404)
        #expect(response.headers["content-type"] == "text/html; charset=utf-8")
        #expect(response.text.contains("<h1 id=\"headline\" tabindex=\"-1\">\(headline)</h1>"))
        #expect(response.text.contains(#"data-id="""#))
      }
    }
  }

  @Test func `every text exists in both languages`() {
    #expect(WaitingWords.english.page.keys.sorted() == WaitingWords.korean.page.keys.sorted())
    #expect(WaitingWords.english.script.keys.sorted() == WaitingWords.korean.script.keys.sorted())
    for words in [WaitingWords.english, .korean] {
      #expect(WaitingWords.ViewName.allCases.allSatisfy { words.views[$0] != nil })
      #expect(!words.json.contains("<"))
    }
  }
}
