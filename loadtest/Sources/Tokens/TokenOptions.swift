internal import Domain

/// The options of scenarios whose users need access tokens.
struct TokenOptions: Sendable {
  /// The tenant that tokens are made for.
  let tenant: TenantID
  /// The data folder of the embedded instance.
  let dataFolder: String?
  let tokenFile: String?
  let administratorFile: String?

  /// Whether an operator's token can be had.
  var canAdminister: Bool { administratorFile != nil || dataFolder != nil }

  static let options: [CommandArguments.Option] = [
    .init("tenant", "T", "the tenant that tokens are made for (demo)"),
    .init("data", "DIR", "data folder of the embedded instance: its key and its ledger"),
    .init("tokens", "FILE", "access tokens, one a line, instead of own ones"),
    .init("admin-token", "FILE", "a token that may make what the run needs, with --tokens"),
  ]

  /// - Throws: `UsageError` naming the option that is wrong.
  init(_ arguments: CommandArguments) throws(UsageError) {
    guard let tenant = TenantID(arguments["tenant"] ?? "demo") else {
      throw UsageError("--tenant is not the name of a tenant")
    }
    self.tenant = tenant
    dataFolder = arguments["data"]
    tokenFile = arguments["tokens"]
    administratorFile = arguments["admin-token"]
    guard canAdminister || tokenFile != nil else {
      throw UsageError("give --data DIR or --tokens FILE: requests need access tokens")
    }
  }
}
