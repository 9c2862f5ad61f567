import Domain
import Testing

@testable import API

/// Tries every protected route of a table with no token, with each role that lacks the permission,
/// and with another tenant's token. The handlers are never reached.
func tryWithoutRights<Services>(
  _ table: RouteTable<Services>, _ api: APIUnderTest<Services>
) async throws {
  for route in table.descriptions {
    guard case .permission(let needed) = route.access else { continue }
    let method = route.method.description
    // Segments that look like ids, so that nothing is refused for its form.
    let path = route.pattern.split(separator: "/").map {
      $0.hasPrefix("{") ? "0195d2e0-0000-7000-8000-000000000000" : String($0)
    }.reduce("") { "\($0)/\($1)" }

    let none = try await api.ask(method, path)
    #expect(none.status == 401, "\(method) \(path)")
    #expect(none.code == "UNAUTHORIZED")
    let foreign = try await api.ask(method, path, token: "other:eve:APP_ADMIN")
    #expect(foreign.status == 401, "\(method) \(path)")

    // A platform role counts on the platform's tenant only.
    for role in Role.allCases
    where !RoleSet(role).permissions(isPlatform: false).isSuperset(of: needed) {
      let response = try await api.ask(method, path, token: "shop:bob:\(role.rawValue)")
      #expect(response.status == 403, "\(role) \(method) \(path)")
      #expect(response.code == "FORBIDDEN")
    }
  }
}
