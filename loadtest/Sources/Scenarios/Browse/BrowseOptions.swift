internal import Domain

/// The options of the browse scenario beside those that all share.
struct BrowseOptions: Sendable {
  /// Products that the catalogue is filled up to; nil to take it as it is.
  var products: Int?
  /// How many of a hundred requests ask for a list, and how many search; the others ask for a product.
  var listPercent: Int
  var searchPercent: Int
  /// How many of a hundred requests name what they have already.
  var conditionalPercent: Int
  var tenant: TenantID
  /// The data folder of the embedded instance, whose ledger is filled.
  var dataFolder: String?
  var databaseURL: String?
  var seed: UInt64

  static let options: [CommandArguments.Option] = [
    .init("products", "N", "fill the catalogue up to so many products, in its ledger, first"),
    .init("lists", "PERCENT", "requests for lists, by category and order (35)"),
    .init("searches", "PERCENT", "requests for searches, Korean and English (5)"),
    .init("conditional", "PERCENT", "requests that name the answer they have (30)"),
    .init("tenant", "T", "the tenant whose catalogue it is (demo)"),
    .init("data", "DIR", "data folder of the embedded instance: its ledger"),
    .init("database", "URL", "the ledger, where it is not embedded"),
    .init("seed", "S", "what chance follows from (1)"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    products = try arguments.integer("products", in: 1...1_000_000)
    listPercent = try arguments.integer("lists", in: 0...100) ?? 35
    searchPercent = try arguments.integer("searches", in: 0...100) ?? 5
    guard listPercent + searchPercent <= 100 else {
      throw UsageError("--lists and --searches are more than all requests")
    }
    conditionalPercent = try arguments.integer("conditional", in: 0...100) ?? 30
    guard let tenant = TenantID(arguments["tenant"] ?? "demo") else {
      throw UsageError("--tenant is not the name of a tenant")
    }
    self.tenant = tenant
    dataFolder = arguments["data"]
    databaseURL = arguments["database"]
    guard dataFolder != nil || databaseURL != nil else {
      throw UsageError("give --data DIR or --database URL: the products are read from the ledger")
    }
    seed = UInt64(try arguments.integer("seed", in: 0...Int.max) ?? 1)
  }
}
