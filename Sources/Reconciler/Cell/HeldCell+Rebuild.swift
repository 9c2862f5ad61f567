internal import Domain
internal import HotPath
internal import Ledger
internal import Postgres
internal import Redis
internal import Telemetry

/// What a rebuild loaded.
struct RebuiltContents {
  var campaigns = 0
  var holders = 0
  var sales = 0
  var accounts = 0
  /// Pending orders, with what they hold.
  var orders = 0
  /// Idempotency records of claims and of orders.
  var records = 0
}

extension HeldCell {
  /// Replaces the contents of the closed cell by what the ledger has.
  ///
  /// Goes through the ledger in pages, each read while the one before it is loaded.
  /// - Throws: `.overtaken` when somebody else closed, opened or wiped the cell meanwhile; `.lost` before
  ///   the next write once somebody else is known to hold it.
  func rebuild(_ closing: Closing) async throws(ReconcilerError) -> RebuiltContents {
    metrics.rebuilds.add()
    var loaded = RebuiltContents()
    try await clear([keys.reserved] + keys.popular + keys.answers, closing)
    var after = Identifier(high: 0, low: 0)
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await contents.campaigns(of: cell, after: from, limit: limits.campaignsPerPage)
      }
      guard let last = page.last else { break }
      after = last.campaign.id
      try await clear(
        page.flatMap { [keys.campaign($0.campaign.id), keys.holders($0.campaign.id)] }, closing)
      for issued in page {
        try await loadCampaign(issued, closing)
        loaded.campaigns += 1
        loaded.holders += try await loadHolders(of: issued.campaign, closing)
        loaded.records += try await loadRecords(of: issued.campaign, closing)
      }
    }
    try await rebuildStock(closing, &loaded)
    try await closing.loads.drain()
    logger.info(
      "rebuilt a cell",
      [
        ("campaigns", .int(loaded.campaigns)), ("holders", .int(loaded.holders)),
        ("accounts", .int(loaded.accounts)), ("orders", .int(loaded.orders)),
        ("records", .int(loaded.records)),
      ])
    return loaded
  }

  /// Drops all idempotency records of the cell, and all stock, sales and answers to takes: those that
  /// the ledger lacks must not be answered or sold from.
  func clearContents(_ closing: Closing) async throws(ReconcilerError) {
    let stock = keys.stockPrefixes
    let dropped = [keys.prefixes.records, stock.sales, stock.stock, stock.bought, stock.taken]
    let pattern = String(decoding: keys.all, as: UTF8.self) + "*"
    var position = "0"
    repeat {
      let from = position
      let page = try await Reconciler.redis { () async throws(RedisError) in
        try await redis.send(
          RedisCommand("SCAN", from, "MATCH", pattern, "COUNT", limits.loadChunk))
      }
      // A position means nothing to another server.
      guard redis.runID == closing.runID else { throw .overtaken }
      position = page[0].text ?? "0"
      let names = (page[1].array ?? []).compactMap(\.bytes)
      try await clear(
        names.filter { name in dropped.contains { name.starts(with: $0) } }, closing)
    } while position != "0"
  }

  private func clear(_ contents: [[UInt8]], _ closing: Closing) async throws(ReconcilerError) {
    try await load(ScriptCatalog.clearCell, closing, keys: [keys.complete] + contents)
    // What is loaded next must not be overtaken: a script that Redis does not know is sent twice.
    try await closing.loads.drain()
  }

  private func loadCampaign(
    _ issued: CellContents.IssuedCampaign, _ closing: Closing
  ) async throws(ReconcilerError) {
    let campaign = issued.campaign
    let terms = campaign.terms
    var fields: [any RedisArgument] = [
      "version", campaign.version, "id", campaign.id.description, "quantity",
      terms.quantity, "limit", terms.perUserLimit, "opens", Int(terms.opensAt.milliseconds),
      "closes", Int(terms.closesAt.milliseconds), "issued", issued.issued,
    ]
    if let policy = terms.ratePolicy {
      fields += [
        "rate_limit", policy.limit, "rate_window", policy.windowMilliseconds, "rate_burst",
        policy.burst, "rate_scope", policy.scope.rawValue,
      ]
    }
    try await load(
      ScriptCatalog.loadHash, closing, keys: [keys.campaign(campaign.id)], arguments: fields)
  }

  private func loadHolders(
    of campaign: Campaign, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    let key = keys.holders(campaign.id)
    var loaded = 0
    var after = ""
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await contents.holders(of: campaign, after: from, limit: limits.holdersPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last.user
      loaded += page.count
      for chunk in page.chunks(of: limits.loadChunk) {
        var arguments: [any RedisArgument] = []
        arguments.reserveCapacity(2 * chunk.count)
        for holder in chunk {
          arguments.append(holder.user)
          arguments.append(holder.coupons)
        }
        try await load(ScriptCatalog.loadHash, closing, keys: [key], arguments: arguments)
      }
    }
  }

  private func loadRecords(
    of campaign: Campaign, _ closing: Closing
  ) async throws(ReconcilerError) -> Int {
    var loaded = 0
    var after = 0
    while true {
      let from = after
      let page = try await ledger { () async throws(PostgresError) in
        try await contents.records(
          of: campaign, after: from, life: limits.recordLife, limit: limits.recordsPerPage)
      }
      guard let last = page.last else { return loaded }
      after = last.sequence
      loaded += page.count
      for chunk in page.chunks(of: limits.loadChunk) {
        let names = chunk.map { keys.idempotency(digest: $0.digest) }
        var arguments: [any RedisArgument] = []
        for record in chunk {
          arguments.append(record.text)
          arguments.append(record.milliseconds)
        }
        try await load(
          ScriptCatalog.loadRecords, closing, keys: names, arguments: arguments)
      }
    }
  }

  /// Runs a script that answers 1 while the closing counts. Returns when it is under way;
  /// ``LoadWindow/drain()`` waits for its end.
  ///
  /// - Parameters:
  ///   - keys: behind the closing's, which comes first.
  ///   - arguments: behind the closing's nonce.
  /// - Throws: what an earlier one failed with.
  func load(
    _ script: CatalogedScript, _ closing: Closing, keys loaded: [[UInt8]],
    arguments: [any RedisArgument] = []
  ) async throws(ReconcilerError) {
    try await closing.loads.room()
    try checkHeld()
    closing.loads.enter()
    let rebuild = keys.rebuild
    redis.evaluate(
      script.script, keyCount: loaded.count + 1, argumentCount: arguments.count + 1,
      write: { writer in
        rebuild.write(into: &writer)
        for key in loaded { key.write(into: &writer) }
        closing.nonce.write(into: &writer)
        for argument in arguments { argument.write(into: &writer) }
      }, completion: { closing.loads.leave($0) })
  }
}

extension Array {
  /// The elements in order, in slices of at most `size`.
  func chunks(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
