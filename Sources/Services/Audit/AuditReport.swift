/// One invariant, looked at for one subject.
public struct AuditCheck: Sendable, Equatable {
  /// The invariant, in a few words.
  public let name: String
  /// The cell or campaign that was looked at.
  public let subject: String
  /// What was found.
  public let detail: String
  public let holds: Bool
}

/// What an audit found.
public struct AuditReport: Sendable, Equatable {
  public internal(set) var checks: [AuditCheck] = []

  public init() {}

  /// The invariants that do not hold.
  public var breaches: [AuditCheck] { checks.filter { !$0.holds } }

  public var isClean: Bool { breaches.isEmpty }

  /// A table of all checks for a terminal, with a line at the end that sums up.
  public var table: String {
    let rows = checks.map { [$0.holds ? "ok" : "BREACH", $0.subject, $0.name, $0.detail] }
    let widths = (0..<3).map { column in rows.map { $0[column].count }.max() ?? 0 }
    let lines = rows.map { row in
      (0..<3).map { row[$0] + String(repeating: " ", count: widths[$0] - row[$0].count) }
        .joined(separator: "  ") + "  " + row[3]
    }
    let sum =
      isClean
      ? "\(checks.count) checks, all hold" : "\(checks.count) checks, \(breaches.count) breached"
    return (lines + [sum]).joined(separator: "\n")
  }

  mutating func check(_ name: String, of subject: String, _ holds: Bool, _ detail: String) {
    checks.append(AuditCheck(name: name, subject: subject, detail: detail, holds: holds))
  }
}
