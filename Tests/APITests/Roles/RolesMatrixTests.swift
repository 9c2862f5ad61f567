import Domain
import EventLoop
import TestSupport
import Testing

@testable import API

/// Who may call what, tried for every route that there is: those that come later are tried as they come.
@Suite struct RolesMatrixTests {
  /// Counts the requests that came as far as a handler.
  final class Reached { var count = 0 }

  /// The routes of the program with handlers that only count.
  private static let counting = RouteTable<Reached>(
    SpillwayRoutes.table.descriptions.filter(\.needsTenant).map { description in
      Route(description) { reached in
        .hot { request in
          reached.count += 1
          request.respond(status: 200) { $0.append("{}") }
        }
      }
    })

  @Test func `every route lets in whom the table lets in, and nobody else comes to its handler`()
    async throws
  {
    try await withEventLoop { loop in
      let reached = Reached()
      let matrix = try await RolesMatrix(Self.counting, services: reached, loop: loop)
      defer { matrix.close() }
      for route in matrix.descriptions {
        let before = reached.count
        let answers = try await matrix.answers(on: route)
        for answer in answers {
          #expect(answer.response.status == answer.refusal?.status ?? 200, answer.name)
          #expect(answer.response.code == answer.refusal?.rawValue, answer.name)
          if answer.refusal == .unauthorized {
            #expect(answer.response.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
          }
        }
        let allowed = answers.filter { $0.refusal == nil }.count
        #expect(reached.count - before == allowed, "\(route.operationID)")
      }
    }
  }

  @Test func `a host that is no tenant's has no routes, whoever asks`() async throws {
    try await withEventLoop { loop in
      let reached = Reached()
      let matrix = try await RolesMatrix(Self.counting, services: reached, loop: loop)
      defer { matrix.close() }
      for route in matrix.descriptions {
        for answer in try await matrix.answers(on: route, host: "nobody.test") {
          #expect(answer.response.status == 404, answer.name)
        }
      }
      #expect(reached.count == 0)
    }
  }

  @Test func `the program's own handlers refuse whom the table refuses, and let in the others`()
    async throws
  {
    try await withNode { api in
      let matrix = try await RolesMatrix(
        SpillwayRoutes.table, services: api.services, loop: api.loop)
      defer { matrix.close() }
      for route in matrix.descriptions {
        for answer in try await matrix.answers(on: route) {
          if let refusal = answer.refusal {
            #expect(answer.response.status == refusal.status, answer.name)
            #expect(answer.response.code == refusal.rawValue, answer.name)
          } else {
            #expect(answer.response.status != 401, answer.name)
            #expect(answer.response.code != "FORBIDDEN", answer.name)
          }
        }
      }
    }
  }

  // MARK: The rules above the table

  @Test func `operators' routes are open to operators alone`() {
    for route in SpillwayRoutes.table.descriptions
    where route.pattern.hasPrefix("/v1/admin/") || route.pattern.hasPrefix("/internal/") {
      #expect(!route.access.admits([]), "\(route.pattern)")
      #expect(!route.access.admits(PermissionSet(of: .user)), "\(route.pattern)")
    }
  }

  @Test func `an administrator and an operations manager come in everywhere`() {
    for route in SpillwayRoutes.table.descriptions {
      // Not only to what is theirs.
      guard let needed = route.access.alternatives?.first else { continue }
      #expect(PermissionSet(of: .appAdmin).isSuperset(of: needed), "\(route.pattern)")
      #expect(PermissionSet(of: .operationsManager).isSuperset(of: needed), "\(route.pattern)")
    }
  }

  @Test func `a seller comes to campaigns, and to those of others only as one who may not`() {
    let seller = PermissionSet(of: .seller)
    let routes = SpillwayRoutes.table.descriptions.filter { route in
      !route.access.admits(.personalUse) && route.access.admits(seller)
    }
    #expect(routes.count == 9)
    for route in routes {
      #expect(route.pattern.hasPrefix("/v1/admin/campaigns"), "\(route.pattern)")
      let everybodys = route.access.alternatives?.first ?? []
      #expect(!seller.isSuperset(of: everybodys), "\(route.pattern)")
    }
  }

  @Test func `a token whose roles allow nothing opens no route that asks for a token`() {
    for route in SpillwayRoutes.table.descriptions where route.access.alternatives != nil {
      #expect(!route.access.admits([]), "\(route.method) \(route.pattern)")
      #expect(
        !route.access.admits(PermissionSet(of: .dataPlatform)), "\(route.method) \(route.pattern)")
    }
  }

  @Test func `what is one's own is open to every role but the data platform`() {
    let routes = SpillwayRoutes.table.descriptions.filter {
      $0.access == .permission(.personalUse)
    }
    #expect(
      Set(routes.map(\.operationID)) == [
        "listCoupons", "getCoupon", "listNotifications", "getOrder", "getReceipt", "cancelOrder",
        "refundOrder", "putCartCoupon", "removeCartCoupon", "mergeCart",
      ])
    for role in Role.allCases {
      for route in routes {
        #expect(
          route.access.admits(PermissionSet(of: role)) == (role != .dataPlatform),
          "\(route.pattern) by \(role)")
      }
    }
  }

  /// Parts of paths that a role must find closed.
  private static let closed: [(role: Role, parts: [String], isForReadingToo: Bool)] = [
    (.user, ["/admin/", "/internal/"], true),
    (
      .customerServiceAgent,
      ["/stock", "/skus", "/products", "/categories", "/locations", "/sales"], true
    ),
    (.customerServiceAgent, ["/campaigns"], false),
    (.inventoryManager, ["/wallet", "/orders", "/campaigns"], true),
    (.marketingManager, ["/wallet", "/orders", "/stock", "/skus"], true),
    (.seller, ["/wallet", "/orders", "/sales", "/rooms", "/stock", "/skus"], true),
  ]

  @Test func `what a role has no part in is closed to it`() {
    for route in SpillwayRoutes.table.descriptions {
      // There everyone finds no more than their own.
      guard !route.access.admits(.personalUse) else { continue }
      for (role, parts, isForReadingToo) in Self.closed
      where route.access.admits(PermissionSet(of: role))
        && (isForReadingToo || route.method != .get)
      {
        for part in parts where route.pattern.contains(part) {
          Issue.record("\(role) may \(route.method) \(route.pattern)")
        }
      }
    }
  }
}
