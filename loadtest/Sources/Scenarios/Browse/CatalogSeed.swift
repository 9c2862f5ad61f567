internal import Domain
internal import EventLoop
internal import Postgres

/// Fills a catalogue with made-up products, straight in its ledger. Loop-confined.
struct CatalogSeed {
  let pool: PostgresPool
  let tenant: TenantID

  /// Products made in one transaction.
  static let batch = 1_000
  /// How long one may take.
  static let timeout = Duration.seconds(60)
  static let categories = [
    "shoes", "running", "trail", "boots", "bags", "backpacks", "hats", "socks",
  ]

  private static let countStatement = Statement(
    unprepared: """
      select count(*) from spillway.product_listings where tenant_id = $1 and market = 'KR'
      """)

  private static let categoryStatement = Statement(
    unprepared: """
      select spillway.put_category($1, slug, true, parent, 0, '{en,ko}', array[initcap(slug), korean],
          8, 2000)
        from (values (1, 'shoes', null, '신발'), (2, 'running', 'shoes', '러닝화'),
          (3, 'trail', 'running', '트레일'), (4, 'boots', 'shoes', '부츠'), (5, 'bags', null, '가방'),
          (6, 'backpacks', 'bags', '배낭'), (7, 'hats', null, '모자'), (8, 'socks', null, '양말')
        ) as c (place, slug, parent, korean) order by place
      """)

  /// Products with a Korean and an English text, one SKU, a price, and open stock in the market's cell,
  /// booked as a receipt.
  private static let productsStatement = Statement(
    unprepared: """
      with made as (
        select spillway.new_id() as id, n, 'LT' || n as sku,
            (array['White', 'Black', 'Blue', 'Light', 'Classic', 'Urban', 'Winter'])[1 + n % 7] || ' '
              || (array['Runner', 'Boots', 'Backpack', 'Cap', 'Socks'])[1 + n % 5] || ' ' || n as english,
            (array['하얀', '검은', '파란', '가벼운', '클래식', '도시', '겨울'])[1 + n % 7] || ' '
              || (array['운동화', '부츠', '배낭', '모자', '양말'])[1 + n % 5] || ' ' || n as korean,
            1000 + (n * 7919 % 100000) * 10 as price,
            ($3::text[])[1 + n % cardinality($3)] as category
          from generate_series($4::bigint, $5::bigint) n
      ), products as (
        insert into spillway.products (tenant_id, product_id, name, created_by)
        select $1, id, english, 'loadtest' from made returning product_id
      ), texts as (
        insert into spillway.product_texts (tenant_id, product_id, language, name, description)
        select $1, id, l.language, case l.language when 'en' then english else korean end,
            case l.language when 'en' then 'A good thing for every day.' else '매일 쓰기 좋은 물건입니다.' end
          from made, (values ('en'), ('ko')) l (language)
      ), placed as (
        insert into spillway.product_categories (tenant_id, product_id, category)
        select $1, id, category from made
      ), units as (
        insert into spillway.skus (tenant_id, sku, product_id, name, created_by)
        select $1, sku, id, english, 'loadtest' from made
      ), prices as (
        insert into spillway.sku_prices (tenant_id, sku, market, currency, amount)
        select $1, sku, 'KR', 'KRW', price from made
      ), accounts as (
        insert into spillway.stock_accounts (tenant_id, cell, scope, sku, market, price, currency, received)
        select $1, $2, spillway.open_scope(), sku, 'KR', price, 'KRW', 100 from made
        returning sku, account_id
      ), told as (
        insert into spillway.cell_commands (cell, kind, subject)
        select $2, 'stock.put', account_id from accounts
      ), movements as (
        insert into spillway.stock_movements (tenant_id, movement_id, kind, reason, actor, sku, to_cell,
          to_scope, wanted, moved, state, finished_at)
        select $1, spillway.new_id(), 'receipt', 'load test', 'loadtest', sku, $2, spillway.open_scope(),
            100, 100, 'DONE', clock_timestamp() from made
        returning movement_id, sku
      ), entries as (
        insert into spillway.stock_entries (tenant_id, movement_id, side, cell, scope, sku, quantity)
        select $1, movement_id, e.side, e.cell, e.scope, sku, e.quantity from movements,
          (values ('debit', null, null, -100), ('credit', $2, spillway.open_scope(), 100))
            e (side, cell, scope, quantity)
      )
      select array_agg(id) from made
      """)

  private static let refreshStatement = Statement(
    unprepared: "select spillway.refresh_products($1, $2)")

  private static let sampleStatement = Statement(
    unprepared: """
      select product_id from spillway.product_listings where tenant_id = $1 and market = 'KR'
       order by popularity desc, product_id desc
      """)

  /// Fills the catalogue up to `count` products that are sold in KR.
  ///
  /// - Returns: how many were made.
  func fill(upTo count: Int) async throws -> Int {
    let name = PostgresValue.text(tenant.description)
    let known = try await pool.query(Self.countStatement, [name])[0].decode(0, as: Int.self)
    if known >= count { return 0 }
    guard let cell = CellName.shared(by: tenant, market: "KR") else { return 0 }
    _ = try await pool.query(
      "insert into spillway.cells (cell, tenant_id) values ($1, $2) on conflict do nothing",
      [.text(cell.text), name])
    _ = try await pool.query(Self.categoryStatement, [name])
    for start in stride(from: known + 1, through: count, by: Self.batch) {
      let end = min(start + Self.batch - 1, count)
      try await pool.transaction { transaction in
        let rows = try await transaction.query(
          Self.productsStatement,
          [
            name, .text(cell.text), .array(Self.categories), .int8(Int64(start)), .int8(Int64(end)),
          ], timeout: Self.timeout)
        let ids = try rows[0].decode(0, as: [PostgresUUID].self)
        _ = try await transaction.query(
          Self.refreshStatement, [name, .array(ids)], timeout: Self.timeout)
      }
    }
    _ = try await pool.query("analyze", [], timeout: Self.timeout)
    return count - known
  }

  /// The products that are listed in KR, the most popular first.
  func products() async throws(PostgresError) -> [Identifier] {
    let rows = try await pool.query(
      Self.sampleStatement, [.text(tenant.description)], timeout: Self.timeout)
    return try rows.map { row throws(PostgresError) in
      let id = try row.decode(0, as: PostgresUUID.self)
      return Identifier(id)
    }
  }

  /// Whether the cell has been told of all its stock.
  func isToldToCells() async throws(PostgresError) -> Bool {
    let rows = try await pool.query(
      "select not exists (select from spillway.cell_commands where applied_at is null)")
    return try rows[0].decode(0)
  }
}
