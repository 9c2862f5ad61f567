import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct LocationStoreTests {
  @Test func `what comes in lies where it was said, or at the market's first location`()
    async throws
  {
    try await withScene { scene in
      #expect(try await scene.held() == ["Main KR": 10])
      let id = try await scene.receive(4, at: scene.busan)
      _ = try await scene.receive(1, at: nil)
      #expect(try await scene.held() == ["Main KR": 11, "Busan": 4])
      let movement = try #require(
        try await scene.bench.stock.movement(id, of: scene.bench.tenant))
      #expect(movement.places == [.init(location: scene.busan.id, change: 4)])
      #expect(try await scene.bench.level(scene.sku).received == 15)
      #expect(try await scene.isSound())
      #expect(try await scene.bench.isBalanced())
    }
  }

  @Test func `a correction takes from the named location first, then by priority`() async throws {
    try await withScene { scene in
      _ = try await scene.receive(3, at: scene.busan)
      _ = try await scene.receive(2, at: scene.seoul)
      let id = try await scene.receive(-6, at: scene.busan)
      #expect(try await scene.held() == ["Seoul": 2, "Busan": 3, "Main KR": 10])
      try await scene.decide(id, 6)
      #expect(try await scene.held() == ["Seoul": 0, "Busan": 0, "Main KR": 9])
      let movement = try #require(
        try await scene.bench.stock.movement(id, of: scene.bench.tenant))
      #expect(
        movement.places == [
          .init(location: scene.busan.id, change: -3), .init(location: scene.seoul.id, change: -2),
          .init(location: try #require(try await scene.main()).id, change: -1),
        ])
      let none = try await scene.receive(-1, at: nil)
      try await scene.decide(none, 0)
      #expect(try await scene.isSound())
      #expect(try await scene.bench.isBalanced())
    }
  }

  @Test func `a transfer moves all or nothing, and between markets what is free`() async throws {
    try await withScene { scene in
      let main = try #require(try await scene.main())
      guard case .taken(let movement) = try await scene.transfer(4, main, scene.seoul) else {
        Issue.record("not taken")
        return
      }
      #expect(movement.kind == .transfer && movement.moved == 4)
      #expect(movement.places.map(\.change) == [-4, 4])
      #expect(try await scene.transfer(7, main, scene.seoul) == .short)
      #expect(try await scene.held() == ["Main KR": 6, "Seoul": 4])
      #expect(try await scene.bench.level(scene.sku) == StockLevel(received: 10))

      guard case .taken(let abroad) = try await scene.transfer(5, scene.seoul, scene.reno) else {
        Issue.record("not taken")
        return
      }
      #expect(abroad.moved == nil)
      try await scene.decide(abroad.id, 3)
      #expect(try await scene.held() == ["Main KR": 6, "Seoul": 1, "Reno": 3])
      let account = try await scene.bench.stock.account(
        of: scene.sku, scope: .open, in: LocationScene.usCell, tenant: scene.bench.tenant)
      #expect(account?.level == StockLevel(received: 3))
      #expect(try await scene.bench.level(scene.sku).taken == 3)
      #expect(try await scene.isSound())
      #expect(try await scene.bench.isBalanced())
    }
  }

  @Test(arguments: ["FULFILLED", "CANCELLED", "REFUNDED"])
  func `goods of a paid order leave the locations once it is settled, once`(status: String)
    async throws
  {
    try await withScene { scene in
      _ = try await scene.receive(3, at: scene.seoul)
      let order = try await scene.sell(5)
      #expect(try await scene.held() == ["Main KR": 10, "Seoul": 3])
      try await scene.settle(order, status)
      #expect(try await scene.held() == ["Main KR": 8, "Seoul": 0])
      _ = try await scene.bench.pool.query(
        "select spillway.allocate_locations($1, $2)",
        [.text(scene.bench.tenant.description), .uuid(order.uuid)])
      #expect(try await scene.held() == ["Main KR": 8, "Seoul": 0])
      #expect(try await scene.isSound())
      // What comes back from a buyer is a movement like any other.
      _ = try await scene.bench.pool.query(
        """
        select spillway.receive_stock($1, spillway.new_id(), 'return', $2, spillway.open_scope(),
          $3, 5, 'returned', 'clerk')
        """,
        [
          .text(scene.bench.tenant.description), .text(scene.bench.cell.text),
          .text(scene.sku.description),
        ])
      #expect(try await scene.held() == ["Main KR": 13, "Seoul": 0])
      #expect(try await scene.isSound())
      #expect(try await scene.bench.isBalanced())
    }
  }

  @Test func `what was there before locations lies in the first one`() async throws {
    try await withScene { scene in
      // As the migration does it.
      #expect(try await scene.faults().holdings == 3)
      let opened = try await scene.bench.pool.query(
        "select spillway.default_location($1, 'JP') = spillway.default_location($1, 'JP')",
        [.text(scene.bench.tenant.description)])
      #expect(try opened[0].decode(0, as: Bool.self))
    }
  }

  @Test func `locations are changed, and a market has one default`() async throws {
    try await withScene { scene in
      let tenant = scene.bench.tenant
      let main = try #require(try await scene.main())
      #expect(main.isDefault && !scene.seoul.isDefault && scene.reno.isDefault)
      func change(
        _ location: LocationStore.Location, name: String? = nil, isActive: Bool? = nil,
        isDefault: Bool = false
      ) async throws -> LocationStore.Change {
        try await scene.locations.change(
          location.id, name: name, priority: nil, isActive: isActive, isDefault: isDefault,
          of: tenant)
      }
      #expect(try await change(main, isActive: false) == .isDefault)
      #expect(try await change(scene.seoul, name: "Busan") == .nameTaken)
      guard case .changed(let seoul) = try await change(scene.seoul, isDefault: true) else {
        Issue.record("not changed")
        return
      }
      #expect(seoul.isDefault && seoul.priority == 1)
      #expect(try await scene.main()?.isDefault == false)
      guard case .changed(let idle) = try await change(main, isActive: false) else {
        Issue.record("not changed")
        return
      }
      #expect(!idle.isActive)
      #expect(try await scene.locations.find(main.id, of: TenantID("other")!) == nil)
      #expect(
        try await scene.locations.insert(
          .random, name: "Seoul", market: scene.bench.market, priority: 1, of: tenant,
          by: scene.bench.user) == nil)
      let listed = try await scene.locations.list(
        of: tenant, market: scene.bench.market, before: nil, limit: 10)
      #expect(Set(listed.map(\.name)) == ["Main KR", "Seoul", "Busan"])
      // One out of use is taken from last.
      _ = try await scene.receive(1, at: scene.busan)
      let order = try await scene.sell(2)
      try await scene.settle(order, "FULFILLED")
      #expect(try await scene.held() == ["Busan": 0, "Main KR": 9])
    }
  }

  @Test func `no location ever has less than nothing, and entries stay`() async throws {
    try await withScene { scene in
      for (change, state) in [
        ("update spillway.location_stock set quantity = -1", "23514"),
        ("update spillway.location_entries set quantity = 1", "23000"),
        ("delete from spillway.location_entries", "23000"),
        ("truncate spillway.location_entries", "23000"),
      ] {
        let error = await #expect(throws: PostgresError.self) {
          _ = try await scene.bench.pool.query(Statement(unprepared: change))
        }
        #expect(error?.sqlState == state)
      }
    }
  }

  @Test(arguments: [
    "update spillway.location_stock set quantity = quantity + 1 where sku = 'A'",
    """
    with gone as (update spillway.stock_accounts set received = received + 1 where sku = 'A')
    select 1
    """,
    """
    insert into spillway.location_entries (tenant_id, subject, kind, sku, quantity)
    values ('demo', gen_random_uuid(), 'receipt', 'A', 5)
    """,
    "update spillway.orders set quantities = array(select q + 1 from unnest(quantities) q)",
  ])
  func `the audit finds locations that are wrong`(harm: String) async throws {
    try await withScene { scene in
      let order = try await scene.sell(2)
      try await scene.settle(order, "FULFILLED")
      #expect(try await scene.isSound())
      try await scene.bench.pool.transaction { transaction in
        // What guards the tables against everybody else.
        _ = try await transaction.query("set local session_replication_role = replica")
        _ = try await transaction.query(Statement(unprepared: harm))
      }
      #expect(try await !scene.isSound())
    }
  }

  /// Whatever happens in whatever order, locations have what their market received and did not ship.
  @Test func `random movements and orders keep the books`() async throws {
    try await withScene { scene in
      var random = SeededGenerator()
      let main = try #require(try await scene.main())
      let places = [main, scene.seoul, scene.busan, scene.reno]
      var pending: [(Identifier, Int)] = []
      var paid: [Identifier] = []
      for step in 0..<150 {
        let free = try await scene.bench.level(scene.sku).available
        let quantity = Int.random(in: 1...4, using: &random)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
          _ = try await scene.receive(
            quantity, at: [nil, main, scene.seoul, scene.busan].randomElement(using: &random)!)
        case 3:
          let at = [nil, scene.seoul, scene.busan].randomElement(using: &random)!
          pending.append((try await scene.receive(-quantity, at: at), quantity))
        case 4..<6:
          let source = places[0..<3].randomElement(using: &random)!
          let target = places.filter { $0.id != source.id }.randomElement(using: &random)!
          if case .taken(let movement) = try await scene.transfer(quantity, source, target),
            movement.moved == nil
          {
            pending.append((movement.id, quantity))
          }
        case 6:
          guard !pending.isEmpty else { continue }
          let (id, wanted) = pending.remove(at: .random(in: pending.indices, using: &random))
          try await scene.decide(id, min(wanted, free))
        case 7..<9:
          if free >= quantity { paid.append(try await scene.sell(quantity)) }
        default:
          guard !paid.isEmpty else { continue }
          let order = paid.remove(at: .random(in: paid.indices, using: &random))
          try await scene.settle(
            order, ["FULFILLED", "CANCELLED", "REFUNDED"].randomElement(using: &random)!)
        }
        #expect(try await scene.isSound(), "step \(step), seed \(random.seed)")
      }
      #expect(try await scene.bench.isBalanced())
    }
  }
}
