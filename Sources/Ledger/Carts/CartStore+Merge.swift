public import Domain
public import Postgres

extension CartStore {
  /// What became of a guest's goods.
  public struct Merger: Sendable, Equatable {
    /// Pieces that the member's carts had no room for, cart by cart.
    public var left: [CartPlace: [RequestedLine]] = [:]
  }

  /// A cart was made while a merge was about to make it.
  private struct Overtaken: Error {}

  /// How often a merge is begun anew when it was overtaken.
  private static let attempts = 5

  /// Adds all that a guest has in carts to those of a member, and drops the guest's: once, however many ask
  /// for it at the same time.
  ///
  /// Who locks carts of several holders locks the guest's first.
  /// - Throws: `PostgresError`; then nothing was changed.
  public func merge(
    guest: Identifier, into user: UserID, tenant: TenantID
  ) async throws -> Merger {
    for _ in 1..<Self.attempts {
      do {
        return try await mergeOnce(guest, user, tenant)
      } catch is Overtaken {
        continue
      }
    }
    return try await mergeOnce(guest, user, tenant)
  }

  private func mergeOnce(
    _ guest: Identifier, _ user: UserID, _ tenant: TenantID
  ) async throws -> Merger {
    try await pool.transaction { transaction in
      var merger = Merger()
      let holder = CartHolder.guest(guest).stored
      let rows = try await transaction.query(
        Self.guestStatement, [.text(tenant.description), .text(holder)])
      guard !rows.isEmpty else { return merger }
      var places: [CartPlace] = []
      for row in rows {
        let place = CartPlace(market: try row.word("market"), scope: try row.scope("scope"))
        places.append(place)
        let left = try await add(
          try Self.record(row).cart, to: place, of: .member(user), tenant, in: transaction)
        if !left.isEmpty { merger.left[place] = left }
      }
      // A cart that the guest began meanwhile stays for the next merge.
      _ = try await transaction.query(
        Self.forgetStatement,
        [
          .text(tenant.description), .text(holder), .array(places.map(\.market.description)),
          .array(places.map(\.scope.stored)),
        ])
      return merger
    }
  }

  private func add(
    _ goods: Cart, to place: CartPlace, of holder: CartHolder, _ tenant: TenantID,
    in transaction: PostgresTransaction
  ) async throws -> [RequestedLine] {
    let limits = try await transaction.query(
      Self.limitsStatement,
      [
        .text(tenant.description), .uuid(place.scope.stored), .text(place.market.description),
        .array(goods.items.map(\.sku.description)),
      ])
    var most: [SKU: Int] = [:]
    for row in limits { most[try row.word("sku")] = try row.decode("per_user_limit", as: Int.self) }
    let found = try await transaction.query(
      Self.memberStatement, Self.key(place, holder, tenant))
    let record = found.isEmpty ? .empty : try Self.record(found[0])
    var cart = record.cart
    let left = cart.merge(goods, limits: most)
    guard cart != record.cart else { return left }
    let (statement, values) = Self.saving(
      cart, place, holder, tenant, expected: record.version)
    guard try await !transaction.query(statement, values).isEmpty else { throw Overtaken() }
    return left
  }
}
