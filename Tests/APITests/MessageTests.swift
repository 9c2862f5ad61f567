import Domain
import EventLoop
import Services
import TestSupport
import Testing

@testable import API

/// What refusals say to people, over the wire.
@Suite struct MessageTests {
  @Test(arguments: ErrorCode.allCases)
  func `each refusal is said in Korean and in English`(code: ErrorCode) async throws {
    let table = RouteTable<Void>([
      Route(
        RouteDescription(
          .get, "/v1/refused", id: "refused", summary: "Refuses.", tag: "Test", access: .anyone,
          responses: [])
      ) { _ in .ordinary { _ throws(APIError) in throw APIError(code) } },
      Route(
        RouteDescription(
          .get, "/v1/refused-hot", id: "refusedHot", summary: "Refuses.", tag: "Test",
          access: .anyone, responses: [])
      ) { _ in .hot { $0.refuse(code) } },
    ])
    try await withEventLoop { loop in
      let api = try APIUnderTest(
        table, services: (), loop: loop, settings: APISettings())
      defer { api.server.close() }
      for path in ["/v1/refused", "/v1/refused-hot"] {
        for language in Language.allCases {
          let response = try await api.ask(
            "GET", path, headers: [("Accept-Language", language.rawValue)])
          #expect(response.status == code.status, "\(response.text)")
          #expect(response.code == code.rawValue)
          #expect(
            try response.json["error"]?["message"]?.string == "\(code.message(in: language))")
        }
      }
    }
  }

  @Test func `no route declares a code without a message in each language`() {
    let declared = Set(SpillwayRoutes.table.descriptions.flatMap(\.allErrors))
    for code in declared {
      for language in Language.allCases {
        #expect(!"\(code.message(in: language))".isEmpty, "\(code)")
      }
    }
    // What nobody answers needs no words.
    #expect(declared == Set(ErrorCode.allCases))
  }
}
