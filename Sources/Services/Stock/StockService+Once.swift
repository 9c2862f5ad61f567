public import Domain
public import Ledger
internal import Postgres

extension StockService {
  /// A movement that is in the ledger.
  public struct Booked: Sendable, Equatable {
    public let movement: StockMovement
    /// An earlier request with the same key has booked it.
    public let isReplay: Bool
  }

  /// Books a movement in one transaction with the record of the request's key, so that it is booked once
  /// also when a node dies behind the commit; waits for the cell to decide what goes out.
  ///
  /// - Parameter effect: books it and returns its id; not called when that was done before.
  func once(
    _ idempotency: RequestIdempotency?, of tenant: TenantID,
    _ effect: (PostgresTransaction) async throws -> Identifier
  ) async throws(Refusal) -> Booked {
    let id: Identifier
    var isReplay = false
    do {
      if let idempotency {
        let outcome = try await IdempotencyStore(pool: pool).once(idempotency, of: tenant) {
          try await effect($0).description
        }
        switch outcome {
        case .done(let text): id = try Self.identifier(text)
        case .replayed(let text):
          id = try Self.identifier(text)
          isReplay = true
        case .reused: throw Refusal.keyReused
        }
      } else {
        id = try await pool.transaction { try await effect($0) }
      }
    } catch let refusal as Refusal {
      throw refusal
    } catch {
      throw .unavailable
    }
    let found = try await asked { () async throws(PostgresError) in
      try await store.movement(id, of: tenant)
    }
    guard let found else { throw .unavailable }
    let movement = found.moved == nil ? try await decided(found, of: tenant) : found
    return Booked(movement: movement, isReplay: isReplay)
  }

  private static func identifier(_ text: String) throws(Refusal) -> Identifier {
    guard let identifier = Identifier(text) else { throw .unavailable }
    return identifier
  }
}
