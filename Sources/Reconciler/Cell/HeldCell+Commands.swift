internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// Commands that Redis has carried out, and that the ledger notes as applied once its cursor has passed
/// what they wrote to the stream.
///
/// So a Redis that has lost their effects is behind the cursor, which is seen, or the commands are still
/// to be applied.
struct CarriedCommands {
  let commands: [CellCommand]
  let through: StreamPosition
}

/// What some commands came to.
struct CommandEffects {
  /// The last stream entry that tells of an effect.
  var through = StreamPosition.zero
  /// The effects of some were there already: whichever entry tells of them, it is in the stream.
  var isKnownBefore = false
  /// Commands that could not be carried out yet.
  var putOff: Set<Int> = []
}

extension HeldCell {
  /// Notes the commands that were carried out, if the cursor has come so far.
  func noteCommands() async throws(ReconcilerError) {
    guard let carried, carried.through <= cursor else { return }
    try await ledger { () async throws(PostgresError) in
      try await store.markApplied(carried.commands, of: cell, as: holder)
    }
    self.carried = nil
  }

  /// Applies the oldest commands of the cell to Redis.
  ///
  /// - Returns: how many there were; as many as were asked for means that there may be more.
  func applyCommands() async throws(ReconcilerError) -> Int {
    let commands = try await ledger { () async throws(PostgresError) in
      try await store.commands(of: cell, limit: limits.commandsPerStep)
    }
    let known = commands.filter { CellCommand.kinds.contains($0.kind) }
    if known.count < commands.count {
      let kinds = Set(commands.map(\.kind)).subtracting(CellCommand.kinds)
      logger.warning(
        "commands of an unknown kind are left for a newer version",
        [("kinds", .string(kinds.sorted().joined(separator: " ")))])
    }
    guard !known.isEmpty else { return 0 }
    try await rebuildIfTold(known)
    var effects = CommandEffects()
    // Each reads the ledger's row as it is now, which may be newer than the command: then the next
    // command changes nothing. Stock comes before what is decided about it.
    try await putCampaigns(known)
    try await recallCoupons(known, &effects)
    try await putStock(known, &effects)
    try await takeStock(known, &effects)
    try await settleOrders(known, &effects)
    try await putSales(known, &effects)
    if effects.isKnownBefore { effects.through = max(effects.through, try await lastEntry()) }
    let done = known.filter { !effects.putOff.contains($0.id) }
    carried = CarriedCommands(commands: done, through: effects.through)
    try await noteCommands()
    return effects.putOff.isEmpty ? commands.count : 0
  }

  /// Takes the cell's contents for incomplete and closes it, so that it is rebuilt before it opens again;
  /// then all other commands are applied to what is there.
  private func rebuildIfTold(_ commands: [CellCommand]) async throws(ReconcilerError) {
    let told = commands.filter { $0.kind == CellCommand.rebuildCell }
    guard !told.isEmpty else { return }
    logger.warning("a cell lacks what the ledger has, and is rebuilt", [])
    try await Reconciler.redis { () async throws(RedisError) in
      _ = try await redis.send(RedisCommand("DEL", keys.complete))
    }
    _ = try await close()
    // Noted last: who dies before is followed by one who begins again.
    try await ledger { () async throws(PostgresError) in
      try await store.markApplied(told, of: cell, as: holder)
    }
    throw .overtaken
  }

  private func lastEntry() async throws(ReconcilerError) -> StreamPosition {
    let entries = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.send(RedisCommand("XREVRANGE", keys.stream, "+", "-", "COUNT", 1))
    }
    return entries[0][0].text.flatMap { StreamPosition($0) } ?? .zero
  }

  // MARK: Campaigns

  private func putCampaigns(_ commands: [CellCommand]) async throws(ReconcilerError) {
    let subjects = commands.subjects(of: CellCommand.putCampaign)
    guard !subjects.isEmpty else { return }
    let campaigns = try await ledger { () async throws(PostgresError) in
      try await contents.campaigns(subjects, of: cell)
    }
    for campaign in campaigns { try await put(campaign) }
  }

  func put(_ campaign: Campaign) async throws(ReconcilerError) {
    let terms = campaign.terms
    let arguments: [any RedisArgument] = [
      campaign.version, campaign.id.description, terms.quantity, terms.perUserLimit,
      Int(terms.opensAt.milliseconds), Int(campaign.issuesUntil.milliseconds),
    ]
    _ = try await Reconciler.redis { () async throws(RedisError) in
      try await redis.evaluate(
        ScriptCatalog.putCampaign.script, keys: [keys.campaign(campaign.id)],
        arguments: arguments + Self.arguments(of: terms.ratePolicy) + [keys.channel])
    }
  }

  /// A rate policy as the scripts take it.
  static func arguments(of policy: RatePolicy?) -> [any RedisArgument] {
    guard let policy else { return ["", "", "", ""] }
    return [policy.limit, policy.windowMilliseconds, policy.burst, policy.scope.rawValue]
  }
}

extension [CellCommand] {
  /// The subjects of the commands of a kind, each once.
  func subjects(of kind: String) -> [Identifier] {
    Array<Identifier>(Set(lazy.filter { $0.kind == kind }.map(\.subject)))
  }
}
