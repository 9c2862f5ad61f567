internal import Domain
internal import EventLoop
internal import Ledger
internal import Postgres

/// What guests' cookies are signed with, tenant by tenant, from the ledger. Loop-confined.
final class CartSecrets {
  /// Bytes of a secret.
  static let secretCount = 32
  /// How long the ledger's secrets are believed: so long an old one still signs on some node.
  static let lifeMilliseconds: UInt64 = 60_000

  private let store: CartStore
  private let loop: EventLoop
  /// Only tenants come here, so there are no more than of those.
  private var tokens: [TenantID: (tokens: CartTokens, until: UInt64)] = [:]

  init(store: CartStore, loop: EventLoop) {
    self.store = store
    self.loop = loop
  }

  /// The tenant's tokens; its first secret is made here.
  func tokens(of tenant: TenantID) async throws(PostgresError) -> CartTokens {
    if let known = tokens[tenant], loop.milliseconds < known.until { return known.tokens }
    let secrets = try await store.secrets(
      of: tenant, orElse: SecureRandom.bytes(Self.secretCount))
    let made = CartTokens(tenant: tenant, secrets: secrets)
    tokens[tenant] = (made, loop.milliseconds + Self.lifeMilliseconds)
    return made
  }
}
