public import Postgres

extension LedgerAudit {
  /// What is wrong with what lies where: how many of each, none when all is well.
  public struct LocationFaults: Sendable, Equatable {
    public let holdings: Int
    /// Movements and orders whose entries do not add up to zero.
    public let unbalanced: Int
    /// Holdings that are not what their entries say, or negative.
    public let unexplained: Int
    /// SKUs whose locations in a market do not have what came into its accounts, less what was shipped.
    public let astray: Int
    /// Orders that are no longer paid and waiting whose goods were not taken from locations, or others'.
    public let unshipped: Int
    /// Entries of a movement or an order that does not exist.
    public let orphans: Int
  }

  private static let locationStatement = Statement(
    unprepared: """
      with booked as (
        select tenant_id, sku, location_id, sum(quantity) as quantity
          from spillway.location_entries where location_id is not null
         group by tenant_id, sku, location_id
      ), placed as (
        select e.tenant_id, l.market, e.sku, sum(e.quantity) as quantity
          from spillway.location_entries e join spillway.locations l using (tenant_id, location_id)
         where e.kind <> 'fulfilment' group by e.tenant_id, l.market, e.sku
      ), received as (
        select tenant_id, market, sku, sum(received - taken) as quantity
          from spillway.stock_accounts group by tenant_id, market, sku
      ), shipped as (
        select tenant_id, subject as order_id, -sum(quantity) as quantity
          from spillway.location_entries
         where kind = 'fulfilment' and location_id is not null group by tenant_id, subject
      ), gone as (
        select o.tenant_id, o.order_id, sum(l.quantity) as quantity
          from spillway.orders o join spillway.order_lines l using (tenant_id, order_id)
         where o.paid_at is not null and o.status not in ('PENDING', 'PAID')
         group by o.tenant_id, o.order_id
      )
      select (select count(*) from spillway.location_stock) as holdings,
        (select count(*) from (select from spillway.location_entries
          group by tenant_id, subject, sku having sum(quantity) <> 0) s) as unbalanced,
        (select count(*) from spillway.location_stock s
          full join booked b using (tenant_id, sku, location_id)
          where coalesce(s.quantity, 0) <> coalesce(b.quantity, 0) or s.quantity < 0
        ) as unexplained,
        (select count(*) from placed p full join received r using (tenant_id, market, sku)
          where coalesce(p.quantity, 0) <> coalesce(r.quantity, 0)) as astray,
        (select count(*) from gone g full join shipped s using (tenant_id, order_id)
          where g.quantity is distinct from s.quantity) as unshipped,
        (select count(*) from (
          select distinct tenant_id, subject, kind from spillway.location_entries
           where kind not in ('opening', 'fulfilment')) e
          where not exists (select from spillway.stock_movements m
            where m.tenant_id = e.tenant_id and m.movement_id = e.subject)) as orphans
      """)

  /// Looks at all locations.
  public func locationFaults() async throws(PostgresError) -> LocationFaults {
    let rows = try await pool.query(Self.locationStatement, [], timeout: Self.timeout)
    let row = rows[0]
    return LocationFaults(
      holdings: try row.decode("holdings"), unbalanced: try row.decode("unbalanced"),
      unexplained: try row.decode("unexplained"), astray: try row.decode("astray"),
      unshipped: try row.decode("unshipped"), orphans: try row.decode("orphans"))
  }
}
