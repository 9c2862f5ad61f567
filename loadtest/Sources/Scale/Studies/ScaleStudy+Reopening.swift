internal import Domain
internal import EventLoop
internal import HotPath
internal import Redis

extension ScaleStudy {
  /// Minor units of a piece.
  private static let price = 12_900
  /// How long an order holds its stock: longer than all of this lasts.
  private static let reservationSeconds = 3000
  /// How long cells may be closed.
  private static let reopeningLimit = Duration.seconds(300)

  /// How long cells are closed after `FLUSHALL`, by how much the ledger has of them.
  func reopening() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    var rows: [[String]] = []
    let campaign = try await site.campaign(of: site.tenants[0])
    let filler = HolderFiller(site, campaign)
    defer { filler.close() }
    for holders in sizes.rebuilt {
      announce("filling up to \(TextFormat.grouped(holders)) holders")
      try await filler.fill(to: holders)
      rows.append(try await reopened("\(TextFormat.grouped(holders)) holders of one campaign"))
    }
    for count in sizes.rebuilt {
      try await order(count, in: 1, cell: "shared")
      rows.append(try await reopened("these, and \(TextFormat.grouped(count)) orders of a sale"))
    }
    var made = 0
    for sales in sizes.sales {
      try await order(sizes.ordersOfSale, in: sales - made, cell: "own")
      made = sales
      let orders = TextFormat.grouped(sizes.ordersOfSale)
      let what = "these, and \(sales) sales in cells of their own, \(orders) orders each"
      rows.append(try await reopened(what))
    }
    return ScaleTable(
      title: "Opening again",
      text: """
        How long until all cells are open again after `FLUSHALL`, from the command on. The reconciler looks
        for it five times a second; then it loads the cells from the ledger. CPU is that of the whole time.
        All orders have a key and wait for their payment, those of own cells count under a limit per user;
        each row has what the rows above have, too.
        """,
      head: [
        "", "runs", "s", "all s", "reconciler CPU s", "Postgres CPU s", "Redis CPU s",
      ], rows: rows)
  }

  /// Wipes Redis once a round.
  private func reopened(_ what: String) async throws -> [String] {
    var seconds: [Double] = []
    var parts: [[Double]] = []
    try await site.settle()
    for round in 1...rounds {
      announce("round \(round)/\(rounds): \(what)")
      let before = site.processorSeconds()
      let start = EventLoop.nanoseconds()
      _ = try await site.router.client(for: site.tenants[0].keys.lease).send(
        RedisCommand("FLUSHALL"))
      let isOpen = await site.loop.poll(within: Self.reopeningLimit) { await site.isOpen() }
      guard isOpen else { throw ScenarioError("cells are closed for \(Self.reopeningLimit)") }
      seconds.append(Double(EventLoop.nanoseconds() - start) / 1e9)
      let after = site.processorSeconds()
      parts.append([
        after.reconciler - before.reconciler, after.postgres - before.postgres,
        after.redis - before.redis,
      ])
      try await site.settle()
    }
    return [what, String(rounds), TextFormat.fixed(Median.of(seconds), 2)]
      + [seconds.map { TextFormat.fixed($0, 2) }.joined(separator: ", ")]
      + (0..<3).map { part in TextFormat.fixed(Median.of(parts.map { $0[part] }), 2) }
  }

  /// Orders a piece each for so many users, in each of so many new sales.
  private func order(_ count: Int, in sales: Int, cell: String) async throws {
    site.makeTokens(count)
    let tenant = site.tenants[0]
    for number in 0..<max(0, sales) {
      announce("\(TextFormat.grouped(count)) orders, sale \(number + 1)/\(sales)")
      let serial = UInt32.random(in: 1...UInt32.max)
      let sku = "scale-\(serial)"
      let sale = try await SaleMaker(
        client: try site.client(of: tenant),
        token: tenant.token("operator", .appAdmin, site.signer), loop: site.loop
      ).make(
        .init(
          skus: [sku], pieces: [count], price: Self.price, perUserLimit: cell == "own" ? 2 : 0,
          cell: cell, reservationSeconds: Self.reservationSeconds))
      _ = try await load.run(
        .orders(count, sale: sale, sku: sku, of: tenant, round: Int(serial)),
        connections: sizes.usualConnections)
    }
  }
}
