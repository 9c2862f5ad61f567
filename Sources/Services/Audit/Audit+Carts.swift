internal import Ledger
internal import Postgres

extension Audit {
  /// How long after its time a cart may be found, also where no reconciler ran for a while.
  static let cartGrace = Duration.seconds(86_400)

  /// Checks that guests' carts do not pile up; all else about carts the table itself refuses.
  func auditCarts(_ report: inout AuditReport) async throws(AuditError) {
    let overdue = try await auditing { () async throws(PostgresError) in
      try await ledger.overdueCarts(grace: Self.cartGrace)
    }
    report.check(
      "no cart is kept past its time", of: "ledger", overdue == 0, "\(overdue) are")
  }
}
