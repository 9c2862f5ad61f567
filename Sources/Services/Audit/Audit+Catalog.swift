internal import Ledger
internal import Postgres

extension Audit {
  /// Checks that lists, searches and prices of open stock say what products and prices do.
  func auditCatalog(_ report: inout AuditReport) async throws(AuditError) {
    let faults = try await auditing { () async throws(PostgresError) in
      try await ledger.catalogFaults()
    }
    report.check(
      "lists show what products and prices say", of: "ledger", faults.misplaced == 0,
      "\(faults.misplaced) of \(faults.listings) rows do not")
    report.check(
      "each product is found by its name", of: "ledger", faults.unfindable == 0,
      "\(faults.unfindable) are not")
    report.check(
      "a sale price counts in its time", of: "ledger", faults.mispriced == 0,
      "\(faults.mispriced) do not")
    report.check(
      "open stock is sold at what it costs now", of: "ledger", faults.mischarged == 0,
      "\(faults.mischarged) accounts are not")
  }
}
