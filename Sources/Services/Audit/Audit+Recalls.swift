internal import Ledger
internal import Postgres

extension Audit {
  /// Checks coupons that were taken back one by one.
  func auditRecalls(_ report: inout AuditReport) async throws(AuditError) {
    let faults = try await auditing { () async throws(PostgresError) in
      try await ledger.recallFaults()
    }
    for fault in faults {
      report.check(fault.invariant, of: "ledger", fault.count == 0, "\(fault.count) break it")
    }
  }
}
