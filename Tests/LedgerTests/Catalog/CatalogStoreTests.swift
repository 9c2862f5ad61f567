import Domain
import Postgres
import TestSupport
import Testing

@testable import Ledger

@Suite struct CatalogStoreTests {
  private func page(
    _ bench: StockBench, _ sort: CatalogSort = .newest, category: String? = nil,
    search: String? = nil, cursor: CatalogCursor? = nil, limit: Int = 100
  ) async throws -> [CatalogCursor] {
    try await CatalogStore(pool: bench.pool).page(
      CatalogQuery(
        market: bench.market, sort: sort, category: category.map { CategorySlug($0)! },
        search: search, cursor: cursor, limit: limit), of: bench.tenant)
  }

  /// Adds a product with one SKU; its id rises with `number`.
  @discardableResult
  private func add(
    _ bench: StockBench, _ number: UInt64, _ names: [Language: String] = [:], price: Int = 100,
    categories: [String] = [], status: ProductStatus = .active
  ) async throws -> Identifier {
    let id = Identifier(high: 0x0190_b000_0000_7000, low: 0x8000_0000_0000_0000 + number)
    _ = try await bench.products.put(
      id,
      ProductStore.ProductParts(
        name: names[.english] ?? "Thing \(number)", status: status,
        texts: names.mapValues { ProductText(name: $0) },
        categories: categories.map { CategorySlug($0)! }),
      isNew: true, of: bench.tenant, by: bench.user)
    _ = try await bench.products.put(
      SKU("P\(number)")!, of: id, name: "P\(number)",
      prices: [bench.market: Money(amount: price, currency: .won)], tenant: bench.tenant,
      by: bench.user)
    return id
  }

  private func category(
    _ bench: StockBench, _ slug: String, in parent: CategorySlug?? = nil, isNew: Bool = true
  ) async throws -> CatalogStore.CategoryOutcome {
    try await CatalogStore(pool: bench.pool).put(
      CategorySlug(slug)!,
      CatalogStore.CategoryParts(parent: parent, names: [.english: slug.uppercased()]),
      isNew: isNew, of: bench.tenant)
  }

  private func faults(_ bench: StockBench) async throws -> [Int] {
    let faults = try await LedgerAudit(pool: bench.pool).catalogFaults()
    return [faults.misplaced, faults.mispriced, faults.mischarged, faults.unfindable]
  }

  @Test func `Korean and English are found by words, beginnings and parts of words`() async throws {
    try await StockBench.run { bench in
      let runner = try await add(
        bench, 1, [.english: "White Runner Deluxe", .korean: "하얀 운동화 스페셜"])
      let boots = try await add(bench, 2, [.english: "Café boots", .korean: "가죽부츠를 신자"])
      for (text, found) in [
        ("runner", [runner]), ("RUNN", [runner]), ("unner", [runner]), ("white runner", [runner]),
        ("runner white", [runner]), ("white boots", []), ("운동화", [runner]), ("운동", [runner]),
        ("동화", [runner]), ("하얀 운동화", [runner]), ("하얀운동화", []), ("운", [runner]),
        ("부츠", [boots]), ("가죽부츠", [boots]), ("café", [boots]), ("ＢＯＯＴＳ", [boots]),
        // The decomposed form, as some keyboards send it.
        ("운동화", [runner]), ("p1", [runner]), ("P2", [boots]), ("!!", []), ("'", []),
        ("\\", []), ("100%", []), ("@demo", []),
      ] as [(String, [Identifier])] {
        #expect(try await page(bench, search: text).map(\.product) == found, "\(text)")
      }
      #expect(try await faults(bench) == [0, 0, 0, 0])
      _ = try await bench.products.put(
        boots, .init(texts: [.korean: nil]), isNew: false, of: bench.tenant, by: bench.user)
      #expect(try await page(bench, search: "부츠") == [])
      #expect(try await page(bench, search: "boots").count == 1)
    }
  }

  @Test func `a category holds what its parts hold, wherever they are moved`() async throws {
    try await StockBench.run { bench in
      #expect(try await category(bench, "shoes") == .put)
      #expect(try await category(bench, "running", in: CategorySlug("shoes")!) == .put)
      #expect(try await category(bench, "trail", in: CategorySlug("running")!) == .put)
      #expect(try await category(bench, "bags") == .put)
      #expect(try await category(bench, "bags") == .conflict)
      #expect(try await category(bench, "none", isNew: false) == .unknown)
      #expect(try await category(bench, "x", in: CategorySlug("none")!) == .parent)
      for below in ["shoes", "running", "trail"] {
        #expect(
          try await category(bench, "shoes", in: CategorySlug(below)!, isNew: false) == .parent)
      }
      let id = try await add(bench, 1, categories: ["trail"])
      for slug in ["trail", "running", "shoes"] {
        #expect(try await page(bench, category: slug).map(\.product) == [id], "\(slug)")
      }
      #expect(try await page(bench, category: "bags") == [])
      #expect(
        try await category(bench, "running", in: CategorySlug("bags")!, isNew: false) == .put)
      #expect(try await page(bench, category: "shoes") == [])
      #expect(try await page(bench, category: "bags").map(\.product) == [id])
      #expect(try await faults(bench) == [0, 0, 0, 0])
      let tree = try await CatalogStore(pool: bench.pool).categories(of: bench.tenant)
      #expect(
        tree.line(of: CategorySlug("trail")!).map(\.description) == ["trail", "running", "bags"])
      #expect(tree[CategorySlug("bags")!]?.name(in: .korean) == "BAGS")
    }
  }

  @Test func `random trees and products keep the lists in line`() async throws {
    try await StockBench.run { bench in
      var random = SeededGenerator("random trees")
      let slugs = (0..<12).map { CategorySlug("c\($0)")! }
      let store = CatalogStore(pool: bench.pool)
      for slug in slugs {
        _ = try await store.put(slug, .init(), isNew: true, of: bench.tenant)
      }
      var ids: [Identifier] = []
      for number in 1...20 { ids.append(try await add(bench, UInt64(number))) }
      for _ in 0..<150 {
        switch Int.random(in: 0..<4, using: &random) {
        case 0:
          let parent = Bool.random(using: &random) ? slugs.randomElement(using: &random) : nil
          _ = try await store.put(
            slugs.randomElement(using: &random)!, .init(parent: .some(parent)), isNew: false,
            of: bench.tenant)
        case 1:
          _ = try await bench.products.put(
            ids.randomElement(using: &random)!,
            .init(
              status: ProductStatus.allCases.randomElement(using: &random),
              categories: Array(Set((0..<3).map { _ in slugs.randomElement(using: &random)! }))),
            isNew: false, of: bench.tenant, by: bench.user)
        case 2:
          let place = Int.random(in: 0..<20, using: &random)
          _ = try await bench.products.put(
            SKU("P\(place + 1)")!, of: ids[place], name: "x",
            prices: [
              bench.market: Money(amount: .random(in: 0...1000, using: &random), currency: .won)
            ], tenant: bench.tenant, by: bench.user)
        default:
          _ = try await store.setPopularity(
            ids.shuffled(using: &random).prefix(5).map { ($0, .random(in: 0...9, using: &random)) },
            in: bench.market, of: bench.tenant)
        }
      }
      #expect(try await faults(bench) == [0, 0, 0, 0])
      let tree = try await store.categories(of: bench.tenant)
      #expect(tree.ordered.count == slugs.count)
    }
  }

  @Test(arguments: CatalogSort.allCases)
  func `pages follow each other without gaps or repeats while others come and go`(
    sort: CatalogSort
  ) async throws {
    try await StockBench.run { bench in
      var random = SeededGenerator("pages by \(sort)")
      let store = CatalogStore(pool: bench.pool)
      var stays: Set<Identifier> = [bench.product]
      var comes: [Identifier] = []
      for number in 1...60 {
        let id = try await add(
          bench, UInt64(number), price: .random(in: 1...7, using: &random) * 100)
        if number % 3 == 0 { comes.append(id) } else { stays.insert(id) }
      }
      _ = try await store.setPopularity(
        stays.map { ($0, .random(in: 0...5, using: &random)) }, in: bench.market, of: bench.tenant)
      var seen: [CatalogCursor] = []
      var number: UInt64 = 100
      while true {
        let next = try await page(bench, sort, cursor: seen.last, limit: 7)
        seen += next
        if next.isEmpty { break }
        if let gone = comes.popLast() {
          _ = try await bench.products.put(
            gone, .init(status: .retired), isNew: false, of: bench.tenant, by: bench.user)
        }
        // Among those that were seen as well as among those to come.
        if number < 110 {
          try await add(bench, number, price: .random(in: 1...7, using: &random) * 100)
        }
        number += 1
      }
      let products = seen.map(\.product)
      #expect(Set(products).count == products.count)
      #expect(stays.isSubset(of: products))
      let keys = seen.map(\.key)
      switch sort {
      case .popularity, .priceDescending: #expect(keys == keys.sorted(by: >))
      case .price: #expect(keys == keys.sorted())
      case .newest: #expect(products == products.sorted(by: >))
      }
      #expect(try await faults(bench) == [0, 0, 0, 0])
    }
  }

  @Test func `what changed is told to who looks, also when its transaction ends late`()
    async throws
  {
    try await StockBench.run { bench in
      let store = CatalogStore(pool: bench.pool)
      let start = try await store.changes(since: nil, limit: 100)
      #expect(start.changes == [])
      let id = try await add(bench, 1)
      let seen = try await store.changes(since: start.next, limit: 100)
      // Of the changes before, as well, while some transaction of the server goes on.
      #expect(seen.changes.contains(.init(tenant: bench.tenant, product: id)))
      let between = try await bench.pool.transaction { transaction in
        _ = try await transaction.query(
          "insert into spillway.catalog_changes (tenant_id) values ('demo')")
        // Later, and over before the first.
        try await add(bench, 2)
        let look = try await store.changes(since: seen.next, limit: 100)
        #expect(look.changes.contains { $0.product != nil })
        return look.next
      }
      let last = try await store.changes(since: between, limit: 100)
      #expect(last.changes.contains(.init(tenant: bench.tenant, product: nil)))
      var next = last.next
      try await eventually("what was seen is not told again for ever") {
        let look = try await store.changes(since: next, limit: 100)
        next = look.next
        return look.changes.isEmpty
      }
      #expect(try await store.changes(since: start.next, limit: 2).isOverfull)
      #expect(try await store.forgetChanges(olderThan: .seconds(0), limit: 1000) > 2)
    }
  }

  @Test func `a sale price begins and ends in open stock, and an audit finds one that did not`()
    async throws
  {
    try await StockBench.run { bench in
      let store = CatalogStore(pool: bench.pool)
      func price() async throws -> Int? {
        try await bench.stock.account(
          of: bench.skus[0], scope: .open, in: bench.cell, tenant: bench.tenant)?.price.amount
      }
      func put(_ starts: Duration, _ ends: Duration) async throws {
        let now = Instant(
          try await bench.pool.query("select clock_timestamp()")[0].decode(
            0, as: PostgresTimestamp.self))
        _ = try await bench.products.put(
          bench.skus[0], of: bench.product, name: "Shoe", prices: [:],
          salePrices: [
            bench.market: [SalePrice(amount: 70, startsAt: now + starts, endsAt: now + ends)]
          ], tenant: bench.tenant, by: bench.user)
      }
      let commands = try await bench.commands(CellCommand.putStock).count
      try await put(.seconds(-1), .seconds(600))
      #expect(try await price() == 70)
      #expect(try await bench.commands(CellCommand.putStock).count == commands + 1)
      #expect(try await page(bench, .price).first?.key == 70)
      // A new regular price waits behind it.
      _ = try await bench.products.put(
        bench.skus[0], of: bench.product, name: "Shoe",
        prices: [bench.market: Money(amount: 120, currency: .won)], tenant: bench.tenant,
        by: bench.user)
      #expect(try await price() == 70)
      #expect(try await faults(bench) == [0, 0, 0, 0])
      _ = try await bench.pool.query(
        "update spillway.sku_sale_prices set ends_at = clock_timestamp()")
      #expect(try await store.advanceSalePrices(limit: 10) == 1)
      #expect(try await store.advanceSalePrices(limit: 10) == 0)
      #expect(try await price() == 120)
      try await put(.seconds(600), .seconds(601))
      #expect(try await price() == 120)
      #expect(try await store.advanceSalePrices(limit: 10) == 0)
      _ = try await bench.pool.query(
        "update spillway.sku_sale_prices set starts_at = clock_timestamp()")
      #expect(try await store.advanceSalePrices(limit: 10) == 1)
      #expect(try await price() == 70)
      let unit = try await bench.products.units([bench.skus[0]], of: bench.tenant).first
      #expect(unit?.salePrices[bench.market]?.map(\.amount) == [70])
      #expect(try await faults(bench) == [0, 0, 0, 0])
      for (place, harm) in [
        (3, "update spillway.products set words = ''"),
        (0, "update spillway.product_listings set categories = '{x}'"),
        (2, "update spillway.stock_accounts set price = 1 where sku = 'C'"),
        (1, "update spillway.sku_prices set sale_amount = 1 where sku = 'B'"),
      ] {
        #expect(try await faults(bench)[place] == 0)
        _ = try await bench.pool.query(Statement(unprepared: harm))
        #expect(try await faults(bench)[place] == 1, "\(harm)")
      }
    }
  }
}
