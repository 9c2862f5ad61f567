internal import Domain
internal import Embedded

extension ScaleStudy {
  /// Minor units of a piece.
  private static let price = 12_900
  /// How long an order holds its stock: longer than all of this lasts.
  private static let reservationSeconds = 3000

  /// What orders take while their stock is reserved, and once they are paid.
  func orders() async throws -> ScaleTable {
    try await site.serve(processes: 1)
    site.makeTokens(sizes.orders)
    let tenant = site.tenants[0]
    try await LedgerFiller.fill(
      (0..<sizes.orders).map { (ScaleTenant.user($0), Self.price * rounds) }, url: site.ledgerURL,
      tenant: tenant.tenant.id, loop: site.loop)
    var reserved: [ScaleStorage] = []
    var paid: [ScaleStorage] = []
    var orders: [ScaleFigure] = []
    var payments: [ScaleFigure] = []
    for round in 1...rounds {
      announce("round \(round)/\(rounds): \(TextFormat.grouped(sizes.orders)) orders")
      let sku = "scale-\(round)"
      let sale = try await makeSale(of: sku, tenant)
      let before = try await site.storage()
      let ordered = try await load.run(
        .orders(sizes.orders, sale: sale, sku: sku, of: tenant, round: round),
        connections: sizes.usualConnections)
      orders.append(ordered.figure)
      let held = try await site.storage()
      reserved.append(held.since(before, each: sizes.orders))
      let settled = try await load.run(
        .payments(ordered.kept, of: tenant), connections: sizes.usualConnections)
      payments.append(settled.figure)
      var left = try await site.storage().since(held, each: sizes.orders)
      // What stays in Redis, not what went.
      left.redis += reserved[round - 1].redis
      paid.append(left)
    }
    return ScaleTable(
      title: "Orders",
      text: """
        \(TextFormat.grouped(sizes.orders)) orders of one piece with a key, and then their payments out of wallets, \
        \(sizes.usualConnections) connections.
        The last columns are bytes for each: Redis' memory without its stream while the stock is reserved, and what is left of
        it once the order is paid (the answer to its key, kept for a day); what its append-only file, the ledger's tables
        and its log grew by with the order, and with the payment.
        """,
      growing: "", figures: [("order", orders), ("payment", payments)]
    ).with(bytes: [Self.cells(Self.median(reserved)), Self.cells(Self.median(paid))])
  }

  private func makeSale(of sku: String, _ tenant: ScaleTenant) async throws -> Identifier {
    try await SaleMaker(
      client: try site.client(of: tenant), token: tenant.token("operator", .appAdmin, site.signer),
      loop: site.loop
    ).make(
      .init(
        skus: [sku], pieces: [sizes.orders], price: Self.price,
        reservationSeconds: Self.reservationSeconds))
  }
}
