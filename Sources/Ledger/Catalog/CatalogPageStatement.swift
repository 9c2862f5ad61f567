internal import Domain
internal import Postgres

/// The statement behind a page of products: it walks the index of the order from the cursor on.
///
/// What filters is planned with its values at hand, for which index is best depends on how many products
/// a category or a word has.
struct CatalogPageStatement {
  let statement: Statement
  private(set) var values: [PostgresValue]

  init(_ query: CatalogQuery, of tenant: TenantID) {
    let order = Order(query.sort)
    var values: [PostgresValue] = [.text(tenant.description), .text(query.market.description)]
    func parameter(_ value: PostgresValue) -> String {
      values.append(value)
      return "$\(values.count)"
    }
    var source = "spillway.product_listings l"
    var conditions = "l.tenant_id = $1 and l.market = $2"
    if let category = query.category {
      conditions += " and l.categories @> array[\(parameter(.text(category.description)))::text]"
    }
    if let search = query.search {
      let text = parameter(.text(search))
      source += " join spillway.products p using (tenant_id, product_id)"
      conditions += """
         and (p.words @@ spillway.search_query($1, \(text)) \
        or p.names like spillway.search_pattern(\(text)))
        """
    }
    if let cursor = query.cursor {
      let product = parameter(.uuid(cursor.product.uuid))
      if let column = order.column {
        let key = parameter(.int8(Int64(cursor.key)))
        conditions += " and (l.\(column), l.product_id) \(order.comparison) (\(key), \(product))"
      } else {
        conditions += " and l.product_id \(order.comparison) \(product)"
      }
    }
    let limit = parameter(.int8(Int64(query.limit)))
    let direction = order.isDescending ? " desc" : ""
    let keys = [order.column, "product_id"].compactMap { $0.map { "l.\($0)\(direction)" } }
    let text = """
      select l.product_id, \(order.column.map { "l.\($0)" } ?? "0::bigint") from \(source)
       where \(conditions) order by \(keys.joined(separator: ", ")) limit \(limit)
      """
    let isPlain = query.category == nil && query.search == nil
    let name = "catalog_page_\(query.sort)_\(query.cursor == nil ? "first" : "next")"
    statement = isPlain ? Statement(name, text) : Statement(unprepared: text)
    self.values = values
  }

  private struct Order {
    /// What is ordered by in front of the id; nil for the id alone.
    let column: String?
    let isDescending: Bool

    init(_ sort: CatalogSort) {
      (column, isDescending) =
        switch sort {
        case .popularity: ("popularity", true)
        case .newest: (nil, true)
        case .price: ("price", false)
        case .priceDescending: ("price", true)
        }
    }

    var comparison: String { isDescending ? "<" : ">" }
  }
}
