internal import Domain

extension ScaleStudy {
  /// Winning claims from more and more connections, each run in a campaign of its own.
  func connections() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    site.makeTokens(sizes.requests)
    try await warmUp([try await site.campaign(of: site.tenants[0])])
    let figures = try await inTurn(sizes.connections, "connections") { count in
      let campaign = try await site.campaign(of: site.tenants[0])
      return try await load.run(
        .claims([campaign], count: sizes.requests, from: 0), connections: count
      ).figure
    }
    let soldOut = try await site.campaign(of: site.tenants[0], quantity: 1)
    let refusals = try await inTurn([sizes.usualConnections], "connections, sold out") { count in
      try await load.run(
        .claims([soldOut], count: sizes.requests, from: 0, status: 410), connections: count
      ).figure
    }
    return ScaleTable(
      title: "Claims by connections",
      text: """
        Winning claims in one campaign; the last row is answers to claims once all is gone, from the node's memory.
        """,
      growing: "connections",
      figures: figures + refusals.map { ("\($0.step), sold out", $0.runs) })
  }

  /// Winning claims spread evenly over more and more campaigns of one cell.
  func campaigns() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    let tenant = { site.tenants[0] }
    site.makeTokens(sizes.requests)
    try await warmUp([try await site.campaign(of: tenant())])
    // Every run needs campaigns in which nobody holds a coupon: users are counted on instead.
    site.makeTokens(sizes.requests * rounds)
    var made: [Int: [ScaleCampaign]] = [:]
    var used: [Int: Int] = [:]
    for count in sizes.campaigns {
      announce("making \(TextFormat.grouped(count)) campaigns")
      made[count] = try await makeCampaigns(count, of: tenant())
    }
    let figures = try await inTurn(sizes.campaigns, "campaigns") { count in
      let first = used[count, default: 0]
      used[count] = first + sizes.requests
      return try await load.run(
        .claims(made[count] ?? [], count: sizes.requests, from: first),
        connections: sizes.usualConnections
      ).figure
    }
    return ScaleTable(
      title: "Claims by campaigns",
      text:
        "Winning claims of one cell's campaigns in turn, \(sizes.usualConnections) connections.",
      growing: "campaigns", figures: figures)
  }

  private func makeCampaigns(
    _ count: Int, of tenant: ScaleTenant
  ) async throws -> [ScaleCampaign] {
    let body = CampaignMaker.body(quantity: CompareLoad.plenty, acknowledge: "hot")
    let names = try await load.run(
      .creations(
        count, at: "/v1/admin/campaigns", of: tenant,
        token: tenant.token("operator", .marketingManager, site.signer), kept: "campaign_id",
        body: body), connections: min(count, Self.creatingConnections)
    ).kept
    let campaigns = names.compactMap { Identifier($0) }
      .map { ScaleCampaign(id: $0, tenant: site.tenants[0]) }
    guard let last = campaigns.last, campaigns.count == count else {
      throw ScenarioError("a campaign has no id")
    }
    try await site.untilKnown(last.id, of: tenant)
    return campaigns
  }

  /// Connections that campaigns are made over.
  private static let creatingConnections = 32

  /// Winning claims in a campaign that more and more users hold a coupon of.
  func holders() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    site.makeTokens(sizes.requests * rounds * sizes.holders.count)
    try await warmUp([try await site.campaign(of: site.tenants[0])])
    let campaign = try await site.campaign(of: site.tenants[0])
    let filler = HolderFiller(site, campaign)
    defer { filler.close() }
    var first = 0
    var table = ScaleTable(
      title: "Claims by holders", text: Self.holdersText(sizes), growing: "holders", figures: [])
    var head = table.head
    head += ["Redis bytes", "file bytes", "table bytes", "log bytes"]
    var rows: [[String]] = []
    for holders in sizes.holders {
      announce("filling up to \(TextFormat.grouped(holders)) holders")
      let (before, known) = (try await site.storage(), filler.count)
      try await filler.fill(to: holders)
      let bytes = try await site.storage().since(before, each: max(1, holders - known))
      var runs: [ScaleFigure] = []
      for round in 1...rounds {
        announce("round \(round)/\(rounds): \(TextFormat.grouped(holders)) holders")
        runs.append(
          try await load.run(
            .claims([campaign], count: sizes.requests, from: first),
            connections: sizes.usualConnections
          ).figure)
        first += sizes.requests
      }
      table = ScaleTable(
        title: table.title, text: table.text, growing: "holders",
        figures: [(TextFormat.grouped(holders), runs)])
      rows += table.rows.map { $0 + Self.cells(bytes) }
    }
    return ScaleTable(title: table.title, text: table.text, head: head, rows: rows)
  }

  private static func holdersText(_ sizes: ScaleSizes) -> String {
    """
    Winning claims, \(sizes.usualConnections) connections, in one campaign that so many users hold a coupon of before the
    first run; each run adds \(TextFormat.grouped(sizes.requests)). They got it by the claim script itself in batches of 256, with a
    fact for each, which the reconciler wrote. The last columns are bytes for each holder that came with this step:
    Redis' memory without its stream, its append-only file (less than nothing where it was rewritten meanwhile), the
    ledger's tables and indexes, and its log.
    """
  }

  /// Winning claims over more and more cells, each in a Redis of its own.
  func cells() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    let most = site.tenants.count
    site.makeTokens(sizes.requests, cells: most)
    try await warmUp(try await campaigns(in: most))
    let figures = try await inTurn(sizes.cells, "cells") { count in
      try await load.run(
        .claims(try await campaigns(in: count), count: sizes.requests, from: 0),
        connections: sizes.usualConnections
      ).figure
    }
    return ScaleTable(
      title: "Claims by cells",
      text: """
        Winning claims in one campaign of each cell in turn, \(sizes.usualConnections) connections; every cell in a master of its
        own of a Redis Cluster on TCP, \(most) masters running. Redis' time is that of all masters; the bytes are those of
        its connections too.
        """,
      growing: "cells", figures: figures)
  }

  /// A new campaign in each of the first cells.
  private func campaigns(in cells: Int) async throws -> [ScaleCampaign] {
    var campaigns: [ScaleCampaign] = []
    for tenant in site.tenants.prefix(cells) {
      campaigns.append(try await site.campaign(of: tenant))
    }
    return campaigns
  }

  /// Winning claims through more and more API processes.
  func processes() async throws -> ScaleTable {
    try await site.serve(processes: sizes.processes.max() ?? 1)
    site.makeTokens(sizes.requests)
    try await warmUp(
      [try await site.campaign(of: site.tenants[0])], processes: sizes.processes.max() ?? 1)
    let figures = try await inTurn(sizes.processes, "API processes") { count in
      let campaign = try await site.campaign(of: site.tenants[0])
      return try await load.run(
        .claims([campaign], count: sizes.requests, from: 0),
        connections: sizes.usualConnections, processes: count
      ).figure
    }
    return ScaleTable(
      title: "Claims by API processes",
      text: """
        Winning claims in one campaign, \(sizes.usualConnections) connections in all, shared evenly by so many processes with one
        loop each; \(sizes.processes.max() ?? 1) run all the time. The API's time is that of all of them.
        """,
      growing: "processes", figures: figures)
  }
}
