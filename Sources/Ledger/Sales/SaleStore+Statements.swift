internal import Domain
internal import Postgres

extension SaleStore {
  /// Of `sales s`; the items as arrays in their order.
  static let columns: String = {
    func items(_ column: String, as name: String) -> String {
      """
      array(select \(column) from spillway.sale_items i where i.tenant_id = s.tenant_id \
      and i.sale_id = s.sale_id order by position) as \(name)
      """
    }
    return """
      tenant_id, sale_id, name, market, cell, opens_at, closes_at, acknowledge, \
      reservation_seconds::bigint as reservation_seconds, room_id, rate_policy::text as rate_policy, \
      state, version, created_at, updated_at, \(items("sku", as: "skus")), \
      \(items("quantity", as: "quantities")), \(items("price", as: "prices")), \
      \(items("currency", as: "currencies")), \
      \(items("per_user_limit::bigint", as: "limits"))
      """
  }()

  static let insertStatement = Statement(
    "sale_insert",
    """
    select spillway.insert_sale($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16,
      $17, $18)
    """)

  static let updateStatement = Statement(
    "sale_update",
    """
    with sale as (
      update spillway.sales
         set name = $4, opens_at = $5, closes_at = $6, acknowledge = $7, reservation_seconds = $8::bigint,
             room_id = $9, rate_policy = $10, version = version + 1, updated_at = clock_timestamp()
       where tenant_id = $1 and sale_id = $2 and version = $3 and state not in ('CLOSING', 'CLOSED')
      returning cell, sale_id
    ), command as (
      insert into spillway.cell_commands (cell, kind, subject) select cell, 'sale.put', sale_id from sale
    )
    select sale_id from sale
    """)

  static let findStatement = Statement(
    "sale_find", "select \(columns) from spillway.sales s where tenant_id = $1 and sale_id = $2")

  static let listStatement = Statement(
    "sale_list",
    """
    select \(columns) from spillway.sales s where tenant_id = $1 and sale_id < $2
    order by sale_id desc limit $3
    """)

  static let advanceStatement = Statement("sale_advance", "select spillway.advance_sales($1, $2)")

  static func record(_ row: PostgresRow) throws(PostgresError) -> Record {
    let policy = try row.decode("rate_policy", as: String?.self)
    let sale = Sale(
      id: try row.identifier("sale_id"), tenant: try row.word("tenant_id"),
      market: try row.word("market"), cell: try row.cell("cell"), name: try row.decode("name"),
      terms: SaleTerms(
        opensAt: try row.instant("opens_at"), closesAt: try row.instant("closes_at"),
        ratePolicy: policy.flatMap(CampaignDocuments.ratePolicy)),
      items: try items(row), acknowledgement: try row.choice("acknowledge"),
      reservationSeconds: try row.decode("reservation_seconds"),
      room: try row.decode("room_id", as: PostgresUUID?.self).map(Identifier.init),
      state: try row.choice("state"), version: try row.decode("version"))
    return Record(
      sale: sale, createdAt: try row.instant("created_at"),
      updatedAt: try row.instant("updated_at"))
  }

  private static func items(_ row: PostgresRow) throws(PostgresError) -> [SaleItem] {
    let skus = try row.decode("skus", as: [String].self)
    let quantities = try row.decode("quantities", as: [Int].self)
    let prices = try row.decode("prices", as: [Int].self)
    let currencies = try row.decode("currencies", as: [String].self)
    let limits = try row.decode("limits", as: [Int].self)
    var items: [SaleItem] = []
    for (index, name) in skus.enumerated() {
      guard let sku = SKU(name), let currency = Currency(rawValue: currencies[index]) else {
        throw .decoding(column: "sale_items", reason: "holds what no version wrote")
      }
      items.append(
        SaleItem(
          sku: sku, quantity: quantities[index],
          price: Money(amount: prices[index], currency: currency), perUserLimit: limits[index]))
    }
    return items
  }
}
