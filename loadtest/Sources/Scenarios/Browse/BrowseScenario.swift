internal import Domain
internal import Embedded
internal import EventLoop
internal import Postgres

/// A crowd that looks around: lists by category and order, searches, and products, half of them the most
/// popular; some name the answer that they have already. Every answer is checked.
final class BrowseScenario: Scenario {
  static let name = "browse"
  static let summary = "visitors look at lists, searches and products of a catalogue"
  static let options = BrowseOptions.options

  /// How long the cell may take to be told of the stock of new products.
  static let tellingLimit: Duration = .seconds(300)

  let outcomes = BrowseOutcome.all
  var requestCount: Int { load.requests }
  let load: LoadOptions
  private let options: BrowseOptions
  private var targets = BrowseTargets(products: [])
  private var made = 0

  init(arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    self.load = load
    options = try BrowseOptions(arguments)
  }

  func prepare(on loop: EventLoop) async throws(ScenarioError) {
    let url = options.databaseURL ?? options.dataFolder.map { EmbeddedServers.postgres(in: $0).url }
    guard let url else { return }
    do {
      let pool = try await PostgresPool.ready(url: url, loop: loop)
      defer { pool.close() }
      let seed = CatalogSeed(pool: pool, tenant: options.tenant)
      if let products = options.products { made = try await seed.fill(upTo: products) }
      let end = loop.milliseconds + Self.tellingLimit.milliseconds
      while try await !seed.isToldToCells(), loop.milliseconds < end {
        await loop.sleep(for: .milliseconds(200))
      }
      targets = BrowseTargets(products: try await seed.products())
    } catch {
      throw ScenarioError("cannot fill the catalogue: \(error)")
    }
    guard !targets.products.isEmpty else { throw ScenarioError("the catalogue is empty") }
  }

  func makeDriver(for share: ScheduleShare) -> any RequestDriver {
    BrowseDriver(
      options: options, targets: targets, host: load.target.host, worker: share.worker)
  }

  func conclude(
    drivers: [any RequestDriver], tally: Tally, on loop: EventLoop
  ) async -> Conclusion {
    var conclusion = Conclusion()
    for case let driver as BrowseDriver in drivers { conclusion.breaches.merge(driver.breaches) }
    conclusion.facts.append(("products", TextFormat.grouped(targets.products.count)))
    if made > 0 { conclusion.facts.append(("of them new", TextFormat.grouped(made))) }
    return conclusion
  }
}
