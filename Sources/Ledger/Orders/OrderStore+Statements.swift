internal import Domain
internal import Postgres

extension OrderStore {
  static let findStatement = Statement(
    "order_find",
    """
    select \(OrderRecord.columns) from spillway.orders o
     where tenant_id = $1 and order_id = $2 and ($3::text is null or user_id = $3)
    """)

  /// Ids begin with when an order was made; those of one millisecond are in no order.
  static let historyStatement = Statement(
    "order_history",
    """
    select \(OrderRecord.columns) from spillway.orders o
     where tenant_id = $1 and user_id = $2 and order_id < $3 order by order_id desc limit $4
    """)

  /// A page of orders: a statement for each combination of filters and for each status. Those of a status
  /// are found by its list, unless a user's are looked for, who has few, or pending ones, which are the
  /// newest. $1 is the tenant, $2 the cursor, $3 the limit.
  ///
  /// - Returns: the statement, and the filters' values behind these.
  static func searchStatement(_ filter: OrderFilter) -> (Statement, [PostgresValue]) {
    var name = "order_search"
    var source = "spillway.orders o"
    var conditions = "o.tenant_id = $1 and o.order_id < $2"
    var order = "o.order_id"
    var values: [PostgresValue] = []
    func add(_ word: String, _ value: PostgresValue, _ condition: (String) -> String) {
      values.append(value)
      name += "_\(word)"
      conditions += " and " + condition("$\(values.count + 3)")
    }
    if let status = filter.status {
      name += "_\(status.rawValue)"
      if filter.user != nil || status == .pending {
        conditions += " and o.status = '\(status.rawValue)'"
      } else {
        // The tenant's number is looked up once, and the list read in its order.
        source = """
          (select order_id from spillway.listed_orders
            where tenant_number = (select number from spillway.tenants where tenant_id = $1)
              and status = '\(status.rawValue.prefix(1))') l
          join spillway.orders o using (order_id)
          """
        conditions = "o.tenant_id = $1 and l.order_id < $2"
        order = "l.order_id"
      }
    }
    if let user = filter.user {
      add("user", .text(user.description)) { "o.user_id = \($0)" }
    }
    if let sale = filter.sale {
      add("sale", .uuid(sale.uuid)) {
        """
        o.scope = \($0) and o.cell = (
          select cell from spillway.sales where tenant_id = $1 and sale_id = \($0))
        """
      }
    }
    let text = """
      select \(OrderRecord.columns) from \(source)
       where \(conditions) order by \(order) desc limit $3
      """
    return (Statement(name, text), values)
  }

  static let cancelStatement = Statement(
    "order_cancel", "select spillway.cancel_order($1, $2, $3, $4)")

  static let cancelOverdueStatement = Statement(
    "order_cancel_overdue", "select spillway.cancel_overdue_orders($1)")

  static let payStatement = Statement("order_pay", "select spillway.pay_orders($1, $2)")

  /// What an order holds or sold counts; what it released unpaid does not.
  static let isCounted = "not (o.status = 'CANCELLED' and o.paid_at is null)"

  // Ids begin with the instant of their making, by the clock of their cell, or of some node: an hour is allowed for.
  static let popularStatement = Statement(
    "order_popular",
    """
    with window_start as (
      select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC'
        - ($3::bigint - 1) * interval '1 day' as start
    )
    select s.product_id, sum(l.quantity)::bigint as quantity
      from window_start, spillway.orders o
      cross join lateral \(OrderRecord.lineRows)
      join spillway.skus s using (tenant_id, sku)
     where o.tenant_id = $1 and o.market = $2
       and o.order_id > spillway.id_at(start - interval '1 hour')
       and o.created_at >= start and \(isCounted)
     group by s.product_id order by quantity desc, s.product_id limit $4
    """)
}
