internal import Postgres

/// Why a service did not do what it was asked, which may be that what it needs is away.
protocol ServiceRefusal: Error {
  static var unavailable: Self { get }
}

/// A service that asks the ledger: whatever keeps Postgres from answering makes one refusal.
protocol AsksLedger {
  associatedtype Refusal: ServiceRefusal
}

extension AsksLedger {
  /// What the ledger answers.
  ///
  /// - Throws: `.unavailable` when it does not.
  func asked<Answer>(
    _ body: () async throws(PostgresError) -> Answer
  ) async throws(Refusal) -> Answer {
    do throws(PostgresError) {
      return try await body()
    } catch {
      throw .unavailable
    }
  }
}

extension OperatorRefusal: ServiceRefusal {}
extension CartService.Refusal: ServiceRefusal {}
extension CategoryService.Refusal: ServiceRefusal {}
extension ExchangeRateService.Refusal: ServiceRefusal {}
extension HoldService.Refusal: ServiceRefusal {}
extension LocationService.Refusal: ServiceRefusal {}
extension NotificationService.Refusal: ServiceRefusal {}
extension OrderService.Refusal: ServiceRefusal {}
extension StockService.Refusal: ServiceRefusal {}
extension WalletService.Refusal: ServiceRefusal {}
