internal import Domain
internal import Embedded
internal import EventLoop
internal import Foundation
internal import Postgres

/// A flash sale of goods: every user orders one piece, some send their order again, some pay and the
/// others let their reservation lapse. Every answer is checked, the stock is read all the while, and
/// at the end everything is compared with the ledger.
///
/// Orders are paid by the ledger's own function, as long as there is no route for it.
final class OrderScenario: Scenario {
  static let name = "order"
  static let summary = "users order pieces of a new sale, some pay, the others let it lapse"
  static let options = OrderOptions.options

  /// Minor units of a piece.
  static let price = 129_000
  /// How long the ledger may take beyond the last deadline.
  static let settlingSlack: Duration = .seconds(15)
  private static let payInterval: Duration = .milliseconds(100)

  let outcomes = OrderOutcome.all
  var requestCount: Int { options.users + options.repeats }

  let load: LoadOptions
  private let options: OrderOptions
  private var tokens = TokenStore()
  private var sale: OrderDriver.Sale
  private var sampler: StockSampler?
  private var ledger: LedgerOrders?
  private var payer: Task<Void, Never>?
  private var isPaying = false

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try OrderOptions(arguments, load: load)
    let run = UUID().uuidString.prefix(8)
    sale = OrderDriver.Sale(
      id: Identifier(high: 0, low: 0), skus: (1...options.skus).map { "LT-\(run)-\($0)" },
      price: Self.price, host: load.target.host, users: options.users)
  }

  // MARK: Before

  func prepare(on loop: EventLoop) async throws(ScenarioError) {
    let source = try TokenSource(options.tokens)
    tokens = try source.users(options.users)
    guard tokens.count >= options.users else {
      throw ScenarioError("\(tokens.count) tokens for \(options.users) users")
    }
    let client = HTTPClient(target: load.target, loop: loop)
    let maker = SaleMaker(client: client, token: try source.administrator(.appAdmin), loop: loop)
    let id = try await maker.make(
      .init(
        skus: sale.skus, pieces: options.pieces, price: Self.price,
        acknowledge: options.acknowledge, cell: options.cell,
        reservationSeconds: Int(options.reservation.milliseconds / 1000),
        ratePerUser: options.ratePerUser))
    sale = OrderDriver.Sale(
      id: id, skus: sale.skus, price: Self.price, host: sale.host, users: options.users)
    sampler = StockSampler(
      clients: [client], sale: id, skus: sale.skus, pieces: options.pieces, loop: loop)
    sampler?.start()
    try await beginPaying(on: loop)
  }

  /// Pays what is kept, while the run goes on.
  private func beginPaying(on loop: EventLoop) async throws(ScenarioError) {
    let url =
      options.databaseURL ?? options.tokens.dataFolder.map { EmbeddedServers.postgres(in: $0).url }
    guard let url else { return }
    let ledger = try await LedgerOrders(
      url: url, tenant: options.tokens.tenant, sale: sale.id, loop: loop)
    self.ledger = ledger
    isPaying = true
    payer = loop.spawn { [self] in
      while isPaying {
        _ = try? await ledger.pay(abandonPercent: options.abandonPercent)
        await loop.sleep(for: Self.payInterval)
      }
    }
  }

  func makeDriver(for share: ScheduleShare) -> any RequestDriver {
    OrderDriver(share: share, sale: sale, tokens: tokens)
  }

  // MARK: After

  func conclude(
    drivers: [any RequestDriver], tally: Tally, on loop: EventLoop
  ) async -> Conclusion {
    var conclusion = Conclusion()
    var told: [AcknowledgedOrder] = []
    var demands: [OrderDemand] = []
    for case let driver as OrderDriver in drivers {
      conclusion.breaches.merge(driver.record.breaches)
      told.append(contentsOf: driver.acknowledged)
      demands.append(driver.demand)
    }
    conclusion.breaches.merge(OrderDemand.breaches(of: demands, pieces: options.pieces))
    conclusion.facts.append(("sale", sale.id.description))
    conclusion.facts.append(("orders acknowledged", TextFormat.grouped(told.count)))
    await compareWithLedger(told, &conclusion)
    isPaying = false
    await payer?.value
    ledger?.close()
    await sampler?.stop()
    if let sampler {
      conclusion.facts.append(("stock readings", TextFormat.grouped(sampler.samples)))
      conclusion.breaches.merge(sampler.breaches)
      for (most, pieces) in zip(sampler.largestSums, options.pieces) where most > pieces {
        conclusion.breaches.add("of \(pieces) pieces \(most) were there at once")
      }
    }
    return conclusion
  }

  private func compareWithLedger(
    _ told: [AcknowledgedOrder], _ conclusion: inout Conclusion
  ) async {
    guard let ledger, let sampler else {
      conclusion.facts.append(("ledger", "not compared: neither --data nor --database"))
      return
    }
    do throws(PostgresError) {
      let limit = options.reservation + Self.settlingSlack
      _ = try await ledger.waitUntilSettled(deadline: limit)
      let comparison = OrderComparison(
        told: told, orders: try await ledger.all(), pieces: options.pieces,
        readings: await settledReadings(sampler), price: Self.price, name: tokens.user(of:))
      conclusion.breaches.merge(comparison.breaches)
      conclusion.facts += facts(of: comparison)
    } catch {
      conclusion.breaches.add("the ledger could not be compared: \(error)")
    }
  }

  /// The stock once the cell knows of the last release; what it is then, when it takes too long.
  private func settledReadings(_ sampler: StockSampler) async -> [StockSampler.Reading]? {
    let end = EventLoop.nanoseconds() + Self.settlingSlack.milliseconds * 1_000_000
    while true {
      let readings = await sampler.readings()
      let isSettled = readings?.allSatisfy { $0.reserved == 0 } ?? false
      if isSettled || EventLoop.nanoseconds() >= end { return readings }
    }
  }

  private func facts(of comparison: OrderComparison) -> [(name: String, value: String)] {
    let late = comparison.orders.compactMap(\.cancelledAfter).max()
    let available = comparison.readings?.reduce(0) { $0 + $1.available } ?? 0
    return [
      ("orders in the ledger", TextFormat.grouped(comparison.orders.count)),
      ("paid", TextFormat.grouped(comparison.count(.paid))),
      ("lapsed, their pieces back on sale", TextFormat.grouped(comparison.count(.cancelled))),
      ("latest release after a deadline", late.map { TextFormat.fixed($0, 2) + " s" } ?? "none"),
      ("pieces on sale at the end", TextFormat.grouped(available)),
    ]
  }
}
