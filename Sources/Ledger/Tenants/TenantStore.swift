public import Domain
public import Postgres

/// Tenants and the hosts that lead to them.
public struct TenantStore {
  private let pool: PostgresPool

  public init(pool: PostgresPool) { self.pool = pool }

  private static let hostsStatement = Statement(
    "tenant_hosts",
    """
    select h.host, t.tenant_id, t.name, t.default_market, t.key_salt
    from spillway.tenant_hosts h join spillway.tenants t using (tenant_id)
    """)

  /// Every host with its tenant.
  public func hosts() async throws(PostgresError) -> [(host: String, tenant: Tenant)] {
    let rows = try await pool.query(Self.hostsStatement, [])
    var result: [(host: String, tenant: Tenant)] = []
    for row in rows {
      guard let id = TenantID(try row.decode("tenant_id", as: String.self)) else { continue }
      result.append(
        (
          try row.decode("host"),
          Tenant(
            id: id, name: try row.decode("name"), defaultMarket: try row.decode("default_market"),
            keySalt: try row.identifier("key_salt"))
        ))
    }
    return result
  }

  private static let putStatement = Statement(
    "tenant_put",
    """
    with tenant as (
      insert into spillway.tenants (tenant_id, name, default_market) values ($1, $2, $3)
      on conflict (tenant_id) do update set name = excluded.name, default_market = excluded.default_market
      returning tenant_id
    )
    insert into spillway.tenant_hosts (host, tenant_id) select unnest($4::text[]), tenant_id from tenant
    on conflict (host) do update set tenant_id = excluded.tenant_id
    """)

  /// Adds a tenant, or renames it, and leads `hosts` to it.
  public func put(_ tenant: Tenant, hosts: [Host]) async throws(PostgresError) {
    _ = try await pool.query(
      Self.putStatement,
      [
        .text(tenant.id.description), .text(tenant.name), .text(tenant.defaultMarket),
        .array(hosts.map(\.description)),
      ])
  }
}
