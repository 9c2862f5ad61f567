/// The options of `spillway-loadtest scale`.
struct ScaleOptions: Sendable {
  let dimensions: [ScaleDimension]
  /// How often each figure is measured; the report gives the median.
  let rounds: Int
  let sizes: ScaleSizes
  /// The `spillway` executable; nil for the one beside this program.
  let program: String?
  let output: String?
  let json: String?
  /// The command line behind `scale`.
  let command: [String]

  static let options: [CommandArguments.Option] = [
    .init(
      "dimensions", "LIST",
      "of \(ScaleDimension.allCases.map(\.rawValue).joined(separator: ", ")) (all)"),
    .init("quick", nil, "small sizes and one round: seconds instead of minutes"),
    .init("rounds", "N", "how often each figure is measured (3, with --quick 1)"),
    .init("requests", "N", "requests of one measurement (60000, with --quick 2000)"),
    .init("holders", "N", "the most holders of a campaign (5000000, with --quick 2000)"),
    .init("spillway", "PATH", "the spillway executable (the one beside this)"),
    .init("output", "FILE", "also write the Markdown there"),
    .init("json", "FILE", "and the tables as JSON"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    if let word = arguments.positional.first { throw UsageError("unexpected \(word)") }
    dimensions = try arguments["dimensions"].map(ScaleDimension.list) ?? ScaleDimension.allCases
    let isQuick = arguments.has("quick")
    rounds = try arguments.integer("rounds", in: 1...100) ?? (isQuick ? 1 : 3)
    var sizes = isQuick ? ScaleSizes.quick : .usual
    if let requests = try arguments.integer("requests", in: 100...ScaleSizes.mostRequests) {
      sizes.requests = requests
    }
    if let most = try arguments.integer("holders", in: 1000...ScaleSizes.mostHolders) {
      sizes.limit(holders: most)
    }
    self.sizes = sizes
    program = arguments["spillway"]
    output = arguments["output"]
    json = arguments["json"]
    command = arguments.words
  }
}

/// How far each dimension goes.
struct ScaleSizes: Sendable, Equatable {
  /// Requests of one measurement.
  var requests: Int
  /// Connections where these are not what grows.
  var usualConnections: Int
  var connections: [Int]
  var campaigns: [Int]
  var holders: [Int]
  var cells: [Int]
  var processes: [Int]
  var idle: Int
  var tickets: Int
  var orders: Int
  /// Holders, and orders of as many, that a cell is rebuilt with.
  var rebuilt: [Int]
  /// Sales in cells of their own that are rebuilt together, and the orders of each.
  var sales: [Int]
  var ordersOfSale: Int

  static let mostRequests = 1_000_000
  static let mostHolders = 20_000_000

  static let usual = ScaleSizes(
    requests: 60_000, usualConnections: 256, connections: [16, 64, 256, 1024, 4096],
    campaigns: [1, 100, 10_000], holders: [1000, 100_000, 1_000_000, 5_000_000],
    cells: [1, 2, 4], processes: [1, 2, 4], idle: 10_000, tickets: 200_000, orders: 50_000,
    rebuilt: [1000, 50_000, 1_000_000], sales: [10, 40], ordersOfSale: 2000)

  static let quick = ScaleSizes(
    requests: 2000, usualConnections: 32, connections: [8, 32], campaigns: [1, 10],
    holders: [1000, 2000], cells: [1, 2], processes: [1, 2], idle: 200, tickets: 1000,
    orders: 500, rebuilt: [1000], sales: [2], ordersOfSale: 50)

  /// Leaves out what is above `most`, which itself is the last step.
  mutating func limit(holders most: Int) {
    holders = holders.filter { $0 < most } + [most]
    rebuilt = rebuilt.filter { $0 <= most }
  }

  /// The most connections that are open at a time.
  var mostConnections: Int { max(idle, usualConnections, connections.max() ?? 0) }
}
