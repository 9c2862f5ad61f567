internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension Audit {
  private static let termFields = [
    "id", "version", "quantity", "limit", "opens", "closes", "rate_limit", "rate_window",
    "rate_burst", "rate_scope",
  ]

  /// Compares a campaign's terms in Redis with the ledger's; a change on its way is waited for.
  func compareTerms(
    of campaign: Campaign, _ report: inout AuditReport
  ) async throws(AuditError) {
    let deadline = redis.loop.milliseconds + patience.milliseconds
    var different: [String] = []
    while true {
      // The campaign may have been changed since it was listed.
      let current = try await auditing { () async throws(PostgresError) in
        try await contents.campaigns([campaign.id], of: campaign.cell)
      }.first
      different = try await differences(current ?? campaign)
      if different.isEmpty || redis.loop.milliseconds >= deadline { break }
      await redis.loop.sleep(for: .milliseconds(20))
    }
    report.check(
      "Redis has the ledger's terms", of: "campaign \(campaign.id)", different.isEmpty,
      different.isEmpty ? "the same" : different.joined(separator: ", "))
  }

  private func differences(_ campaign: Campaign) async throws(AuditError) -> [String] {
    let key = CellKeys(campaign.cell).campaign(campaign.id)
    let values = try await auditing { () async throws(RedisError) in
      try await redis.client(for: key).send(
        RedisCommand("HMGET", [key] + Self.termFields.map { Array($0.utf8) }))
    }
    var different: [String] = []
    for (index, expected) in Self.terms(of: campaign).enumerated() {
      let text = values[index].text
      if text == expected { continue }
      different.append(
        "\(Self.termFields[index]) is \(text ?? "absent"), not \(expected ?? "absent")")
    }
    return different
  }

  /// The values of ``termFields`` as the scripts write them.
  private static func terms(of campaign: Campaign) -> [String?] {
    let terms = campaign.terms
    let policy = terms.ratePolicy
    return [
      "\(campaign.id)", "\(campaign.version)", "\(terms.quantity)", "\(terms.perUserLimit)",
      "\(terms.opensAt.milliseconds)", "\(campaign.issuesUntil.milliseconds)",
      policy.map { "\($0.limit)" }, policy.map { "\($0.windowMilliseconds)" },
      policy.map { "\($0.burst)" }, policy?.scope.rawValue,
    ]
  }
}
