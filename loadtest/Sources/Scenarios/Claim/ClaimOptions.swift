internal import Domain

/// The options of the claim scenario beside those that all share.
struct ClaimOptions: Sendable {
  var users: Int
  var repeats: Int
  var quantity: Int
  var acknowledge: String
  var campaign: Identifier?
  var tokens: TokenOptions
  var databaseURL: String?

  static let defaultQuantity = 1000
  static let defaultRepeatPercent = 5

  static let options: [CommandArguments.Option] =
    [
      .init("quantity", "N", "coupons of the campaign (1000)"),
      .init("repeats", "PERCENT", "claims of users who have claimed before (5)"),
      .init("acknowledge", "WHEN", "hot or ledger (hot)"),
      .init("campaign", "ID", "claim from this campaign instead of a new one"),
      .init("database", "URL", "the ledger to compare with"),
    ] + TokenOptions.options

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
    tokens = try TokenOptions(arguments)
    databaseURL = arguments["database"]
    guard tokens.canAdminister || campaign != nil else {
      throw UsageError("--tokens needs --admin-token, --data or --campaign beside it")
    }
  }
}
