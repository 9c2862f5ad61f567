internal import Ledger
internal import Postgres

extension Audit {
  /// Checks what became of paid orders.
  func auditRefunds(_ report: inout AuditReport) async throws(AuditError) {
    let faults = try await auditing { () async throws(PostgresError) in
      try await ledger.refundFaults()
    }
    for fault in faults {
      report.check(fault.invariant, of: "ledger", fault.count == 0, "\(fault.count) break it")
    }
  }
}
