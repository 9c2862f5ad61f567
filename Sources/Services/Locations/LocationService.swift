public import Domain
internal import EventLoop
public import Ledger
internal import Postgres

/// Where goods lie, as operators keep it. Loop-confined.
public final class LocationService: AsksLedger {
  /// Why an operator's wish for a location was not met.
  public enum Refusal: Error, Sendable, Equatable {
    /// A field, as the wire names it, and what is wrong with it.
    case invalid(field: String, reason: String)
    case notFound
    /// The market has a location of that name.
    case nameTaken
    /// The ledger could not be asked.
    case unavailable
  }

  /// What an operator wants changed of a location; nil leaves a part as it is.
  public struct Change: Sendable, Equatable {
    public var name: String?
    public var priority: Int?
    public var isActive: Bool?
    /// Makes it its market's default; another one takes that from it.
    public var isDefault = false

    public init() {}
  }

  private let store: LocationStore
  private let clock: WallClock
  private var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())

  init(pool: PostgresPool, clock: WallClock) {
    store = LocationStore(pool: pool)
    self.clock = clock
  }

  public func create(
    name: String, market: Market, priority: Int, of tenant: TenantID, by user: UserID
  ) async throws(Refusal) -> LocationStore.Location {
    let id = identifiers.next(at: clock.now())
    let location = try await asked { () async throws(PostgresError) in
      try await store.insert(
        id, name: name, market: market, priority: priority, of: tenant, by: user)
    }
    guard let location else { throw .nameTaken }
    return location
  }

  public func change(
    _ id: Identifier, _ change: Change, of tenant: TenantID
  ) async throws(Refusal) -> LocationStore.Location {
    let outcome = try await asked { () async throws(PostgresError) in
      try await store.change(
        id, name: change.name, priority: change.priority, isActive: change.isActive,
        isDefault: change.isDefault, of: tenant)
    }
    switch outcome {
    case .changed(let location): return location
    case .notFound: throw .notFound
    case .nameTaken: throw .nameTaken
    case .isDefault:
      throw .invalid(
        field: "active", reason: "must be true for the market's default; make another one default")
    }
  }

  public func find(
    _ id: Identifier, of tenant: TenantID
  ) async throws(Refusal) -> LocationStore.Location {
    let location = try await asked { () async throws(PostgresError) in
      try await store.find(id, of: tenant)
    }
    guard let location else { throw .notFound }
    return location
  }

  /// A tenant's locations, or a market's, newest first, before the location `cursor`.
  public func list(
    of tenant: TenantID, market: Market?, before cursor: Identifier?, limit: Int
  ) async throws(Refusal) -> [LocationStore.Location] {
    try await asked { () async throws(PostgresError) in
      try await store.list(of: tenant, market: market, before: cursor, limit: limit)
    }
  }

  /// What of a SKU lies where.
  public func holdings(
    of sku: SKU, tenant: TenantID
  ) async throws(Refusal) -> [LocationStore.Holding] {
    try await asked { () async throws(PostgresError) in
      try await store.holdings(of: sku, tenant: tenant)
    }
  }
}
