internal import Domain
internal import HotPath
internal import Services

/// A tenant of the installation, with a cell of its own.
struct ChaosTenant: Sendable {
  let tenant: Tenant
  let host: String
  let cell: CellName

  var keys: CellKeys { CellKeys(cell) }

  static let all = [("chaos-a", "a.chaos.test"), ("chaos-b", "b.chaos.test")].map { name, host in
    let tenant = Tenant(id: TenantID(name)!, name: name, defaultMarket: "KR")
    return ChaosTenant(
      tenant: tenant, host: host,
      cell: CellName.shared(by: tenant.id, market: tenant.defaultMarket)!)
  }
}
