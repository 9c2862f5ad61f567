internal import Domain

/// Something that an operator does to a wallet.
struct MoneyWork: OperatorWork {
  enum Kind: Sendable, Hashable {
    case credit, debit
  }

  let reference: String
  let kind: Kind
  let user: String
  let tenant: Int
  /// Minor units.
  let amount: Int

  /// What an operator says about it.
  static let referenceType = "chaos"

  func request(token: String) -> ChaosRequest {
    let name = kind == .credit ? "credits" : "debits"
    return ChaosRequest(
      path: "/v1/admin/wallets/\(user)/\(name)", tenant: ChaosTenant.all[tenant], token: token,
      key: reference,
      body: """
        {"amount":\(amount),"currency":"KRW","reason":"chaos","ref_type":"\(Self.referenceType)",\
        "ref_id":"\(reference)"}
        """)
  }

  static func outcome(_ result: Result<Response, ClientFailure>) -> MoneyOutcome {
    MoneyAnswer.outcome(result)
  }
}

/// What came of one attempt at a wallet.
enum MoneyOutcome: OperatorOutcome {
  /// By this attempt or an earlier one of the same work: the transaction, and what was left then.
  case done(Identifier, balance: Int)
  /// There is too little.
  case short
  case unknown
  case wrong(String)

  var isUnknown: Bool { self == .unknown }
}
