internal import Domain
internal import Ledger
internal import Postgres

/// Pays orders in the ledger. Loop-confined.
struct PaymentDesk {
  private let store: OrderStore

  init(_ installation: Installation) { store = OrderStore(pool: installation.pool) }

  /// Pays an order if it is pending.
  ///
  /// - Parameter hasArrived: the ledger has all facts, so that what it lacks is not on its way.
  func pay(
    _ order: Identifier, of sale: ChaosSale, hasArrived: Bool
  ) async -> LoggedSettlement.Outcome {
    let tenant = sale.tenant.tenant.id
    do throws(PostgresError) {
      if try await !store.markPaid([order], of: tenant).isEmpty { return .done }
      // Not there yet, or settled before: perhaps by an attempt that nobody heard of.
      guard let record = try await store.find(order, of: tenant) else {
        return hasArrived ? .notFound : .unknown
      }
      switch record.status {
      case .pending: return .unknown
      case .cancelled: return .refused
      case .paid, .fulfilled, .refunded: return .done
      }
    } catch {
      return .unknown
    }
  }
}
