import Domain
import Testing

@testable import API

@Suite struct AuthorizationTests {
  @Test func `every role that has the permission may pass`() async throws {
    try await withAPI { api in
      for role in Role.allCases
      where RoleSet(role).permissions(isPlatform: false).contains(.couponClaim) {
        let response = try await api.ask(
          "POST", "/v1/things/1/claims", token: "shop:bob:\(role.rawValue)")
        #expect(response.status == 201, "\(role)")
      }
    }
  }
}
