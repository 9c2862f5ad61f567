internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

extension HeldCell {
  /// Applies the oldest commands of the cell to Redis, in order.
  ///
  /// - Returns: how many there were; as many as were asked for means that there may be more.
  func applyCommands() async throws(ReconcilerError) -> Int {
    let commands = try await ledger { () async throws(PostgresError) in
      try await store.commands(of: cell, limit: limits.commandsPerStep)
    }
    let known = commands.filter { $0.kind == CellCommand.putCampaign }
    if known.count < commands.count {
      let kinds = Set(commands.map(\.kind)).subtracting([CellCommand.putCampaign])
      logger.warning(
        "commands of an unknown kind are left for a newer version",
        [("kinds", .string(kinds.sorted().joined(separator: " ")))])
    }
    guard !known.isEmpty else { return 0 }
    // The row as it is now may be newer than the command: then the next command changes nothing.
    let campaigns = try await ledger { () async throws(PostgresError) in
      try await contents.campaigns(Array(Set(known.map(\.subject))), of: cell)
    }
    for campaign in campaigns { try await put(campaign) }
    try await ledger { () async throws(PostgresError) in
      try await store.markApplied(known, of: cell, as: holder)
    }
    return commands.count
  }

  private func put(_ campaign: Campaign) async throws(ReconcilerError) {
    let terms = campaign.terms
    var arguments: [any RedisArgument] = [
      campaign.version, campaign.id.description, terms.quantity, terms.perUserLimit,
      Int(terms.opensAt.milliseconds), Int(terms.closesAt.milliseconds),
    ]
    if let policy = terms.ratePolicy {
      arguments += [
        policy.limit, policy.windowMilliseconds, policy.burst, policy.scope.rawValue,
      ]
    } else {
      arguments += ["", "", "", ""]
    }
    _ = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.putCampaign.script, keys: [keys.campaign(campaign.id)],
        arguments: arguments + [keys.channel])
    }
  }
}
