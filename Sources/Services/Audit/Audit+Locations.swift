internal import Ledger
internal import Postgres

extension Audit {
  /// Checks that what lies in locations is what stock and orders say.
  func auditLocations(_ report: inout AuditReport) async throws(AuditError) {
    let faults = try await auditing { () async throws(PostgresError) in
      try await ledger.locationFaults()
    }
    report.check(
      "the entries of locations add up to zero", of: "ledger", faults.unbalanced == 0,
      "\(faults.unbalanced) do not")
    report.check(
      "each location has what its entries say", of: "ledger", faults.unexplained == 0,
      "\(faults.unexplained) of \(faults.holdings) differ")
    report.check(
      "locations have what their market received and did not ship", of: "ledger",
      faults.astray == 0, "\(faults.astray) differ")
    report.check(
      "what orders shipped was taken from locations", of: "ledger", faults.unshipped == 0,
      "\(faults.unshipped) orders differ")
    report.check(
      "every entry of a location has its movement", of: "ledger", faults.orphans == 0,
      "\(faults.orphans) are missing")
  }
}
