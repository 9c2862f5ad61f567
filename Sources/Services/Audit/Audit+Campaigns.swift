internal import Domain
internal import EventLoop
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis

extension Audit {
  /// Checks a campaign's sums in the ledger.
  static func audit(_ sums: LedgerAudit.Sums, _ report: inout AuditReport) {
    let subject = "campaign \(sums.campaign.id)"
    let terms = sums.campaign.terms
    report.check(
      "no more coupons than the quantity", of: subject, sums.coupons <= terms.quantity,
      "\(sums.coupons) of \(terms.quantity)")
    report.check(
      "the count of coupons is kept", of: subject, sums.coupons == sums.issued,
      "\(sums.coupons) coupons, counted \(sums.issued)")
    // The primary key has each sequence once, so first, last and number tell that none is missing.
    let isWhole =
      sums.coupons == 0 || (sums.firstSequence == 1 && sums.lastSequence == sums.coupons)
    report.check(
      "sequences are 1 to n, each once", of: subject, isWhole,
      "\(sums.firstSequence) to \(sums.lastSequence), \(sums.coupons) coupons")
    report.check(
      "no user holds more than the limit", of: subject, sums.mostOfOneUser <= terms.perUserLimit,
      "at most \(sums.mostOfOneUser), limit \(terms.perUserLimit)")
    report.check(
      "each user's coupons are numbered from 1", of: subject, sums.usersWithGaps == 0,
      "\(sums.usersWithGaps) of \(sums.users) users have gaps")
  }

  /// Compares a campaign in Redis with the ledger.
  ///
  /// While it is being claimed the comparison is begun anew; at last Redis may be ahead, and the
  /// detail says so.
  func compare(_ campaign: Campaign, _ report: inout AuditReport) async throws(AuditError) {
    let keys = CellKeys(campaign.cell)
    var findings = Findings()
    for _ in 0..<Audit.attempts {
      let before = try await issued(campaign, keys)
      try await ledgerReaches(before, of: campaign)
      findings = try await look(at: campaign, keys)
      findings.isMoving = try await issued(campaign, keys) != before
      // A coupon that is taken back meanwhile is in the ledger before its cell knows.
      if !findings.isMoving && findings.different == 0 { break }
    }
    let subject = "campaign \(campaign.id)"
    let moving = findings.isMoving ? ", being claimed" : ""
    report.check(
      "Redis and the ledger have issued the same", of: subject,
      findings.isMoving
        ? findings.issuedInRedis >= findings.issuedInLedger
        : findings.issuedInRedis == findings.issuedInLedger,
      "\(findings.issuedInRedis) in Redis, \(findings.issuedInLedger) in the ledger\(moving)")
    report.check(
      "Redis and the ledger know the same holders", of: subject,
      findings.different == 0
        && (findings.isMoving
          ? findings.holdersInRedis >= findings.holdersInLedger
          : findings.holdersInRedis == findings.holdersInLedger && findings.ahead == 0),
      "\(findings.holdersInRedis) in Redis, \(findings.holdersInLedger) in the ledger, "
        + "\(findings.different + findings.ahead) differ\(moving)")
    report.check(
      "Redis has the ledger's idempotency records", of: subject, findings.recordsMissing == 0,
      "\(findings.recordsMissing) of \(findings.records) are missing or differ")
  }

  private struct Findings {
    var isMoving = false
    var issuedInRedis = 0
    var issuedInLedger = 0
    var holdersInRedis = 0
    var holdersInLedger = 0
    /// Holders of whom Redis knows another story.
    var different = 0
    /// Holders of whom Redis knows further coupons.
    var ahead = 0
    var records = 0
    var recordsMissing = 0
  }

  private func issued(_ campaign: Campaign, _ keys: CellKeys) async throws(AuditError) -> Int {
    try await auditing { () async throws(RedisError) in
      try await redis.client(for: keys.lease).send(
        RedisCommand("HGET", keys.campaign(campaign.id), "issued"))
    }.integer ?? 0
  }

  /// Waits a while for what Redis has issued to arrive.
  private func ledgerReaches(_ issued: Int, of campaign: Campaign) async throws(AuditError) {
    let deadline = redis.loop.milliseconds + 2_000
    while redis.loop.milliseconds < deadline {
      let last = try await auditing { () async throws(PostgresError) in
        try await contents.lastSequence(of: campaign)
      }
      if last >= issued { return }
      await redis.loop.sleep(for: .milliseconds(20))
    }
  }

  private func look(at campaign: Campaign, _ keys: CellKeys) async throws(AuditError) -> Findings {
    var findings = Findings()
    findings.issuedInLedger = try await auditing { () async throws(PostgresError) in
      try await contents.lastSequence(of: campaign)
    }
    try await compareHolders(campaign, keys, &findings)
    try await compareRecords(campaign, keys, &findings)
    findings.issuedInRedis = try await issued(campaign, keys)
    return findings
  }

  /// Every holder of the ledger must be the same in Redis; with as many in both there are no others.
  private func compareHolders(
    _ campaign: Campaign, _ keys: CellKeys, _ findings: inout Findings
  ) async throws(AuditError) {
    var after = ""
    while true {
      let from = after
      let page = try await auditing { () async throws(PostgresError) in
        try await contents.holders(of: campaign, after: from, limit: Audit.pageSize)
      }
      guard let last = page.last else { break }
      after = last.user
      findings.holdersInLedger += page.count
      let held = try await auditing { () async throws(RedisError) in
        try await redis.client(for: keys.lease).send(
          RedisCommand("HMGET", [keys.holders(campaign.id)] + page.map(\.user)))
      }
      for (index, holder) in page.enumerated() {
        let text = held[index].text
        if text == holder.coupons { continue }
        // A user may have got a further coupon since.
        if text?.hasPrefix(holder.coupons + ",") == true {
          findings.ahead += 1
        } else {
          findings.different += 1
        }
      }
    }
    findings.holdersInRedis =
      try await auditing { () async throws(RedisError) in
        try await redis.client(for: keys.lease).send(
          RedisCommand("HLEN", keys.holders(campaign.id)))
      }.integer ?? 0
  }

  private func compareRecords(
    _ campaign: Campaign, _ keys: CellKeys, _ findings: inout Findings
  ) async throws(AuditError) {
    // Those that end about now may be gone in one place and not in the other.
    let life = Duration.seconds(86_400 - 60)
    var after = 0
    while true {
      let from = after
      let page = try await auditing { () async throws(PostgresError) in
        try await contents.records(of: campaign, after: from, life: life, limit: Audit.pageSize)
      }
      guard let last = page.last else { return }
      after = last.sequence
      findings.records += page.count
      let values = try await auditing { () async throws(RedisError) in
        try await redis.client(for: keys.lease).send(
          RedisCommand("MGET", page.map { keys.idempotency(digest: $0.digest) }))
      }
      for (index, record) in page.enumerated()
      where values[index].text != record.text { findings.recordsMissing += 1 }
    }
  }
}
