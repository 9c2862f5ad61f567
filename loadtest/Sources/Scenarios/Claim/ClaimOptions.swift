internal import Domain

/// The options of the claim scenario beside those that all share.
struct ClaimOptions: Sendable {
  var users: Int
  var repeats: Int
  var quantity: Int
  var acknowledge: String
  var campaign: Identifier?
  var tenant: TenantID
  var dataFolder: String?
  var tokenFile: String?
  var adminTokenFile: String?
  var databaseURL: String?

  static let defaultQuantity = 1000
  static let defaultRepeatPercent = 5

  static let options: [CommandArguments.Option] = [
    .init("quantity", "N", "coupons of the campaign (1000)"),
    .init("repeats", "PERCENT", "claims of users who have claimed before (5)"),
    .init("acknowledge", "WHEN", "hot or ledger (hot)"),
    .init("campaign", "ID", "claim from this campaign instead of a new one"),
    .init("tenant", "T", "the tenant that tokens are made for (demo)"),
    .init("data", "DIR", "data folder of the embedded instance: its key and its ledger"),
    .init("tokens", "FILE", "access tokens, one a line, instead of own ones"),
    .init("admin-token", "FILE", "a marketing manager's token, with --tokens"),
    .init("database", "URL", "the ledger to compare with"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments, load: LoadOptions) throws(UsageError) {
    users = load.requests
    guard users >= load.threads else { throw UsageError("--users must be at least --threads") }
    let percent = try arguments.integer("repeats", in: 0...1000) ?? Self.defaultRepeatPercent
    repeats = users * percent / 100
    quantity =
      try arguments.integer("quantity", in: 1...ClaimRecord.maximumSequence)
      ?? Self.defaultQuantity
    acknowledge = arguments["acknowledge"] ?? "hot"
    guard ["hot", "ledger"].contains(acknowledge) else {
      throw UsageError("--acknowledge must be hot or ledger")
    }
    if let text = arguments["campaign"] {
      guard let identifier = Identifier(text) else { throw UsageError("--campaign must be a UUID") }
      campaign = identifier
    }
    guard let tenant = TenantID(arguments["tenant"] ?? "demo") else {
      throw UsageError("--tenant is not the name of a tenant")
    }
    self.tenant = tenant
    dataFolder = arguments["data"]
    tokenFile = arguments["tokens"]
    adminTokenFile = arguments["admin-token"]
    databaseURL = arguments["database"]
    guard dataFolder != nil || tokenFile != nil else {
      throw UsageError("give --data DIR or --tokens FILE: claims need access tokens")
    }
    guard tokenFile == nil || adminTokenFile != nil || campaign != nil || dataFolder != nil else {
      throw UsageError("--tokens needs --admin-token, --data or --campaign beside it")
    }
  }
}
