internal import Domain

/// Something that an operator does to a wallet, or to stock, once however often it is tried.
struct MoneyWork: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case credit, debit
  }

  /// Names it in the ledger.
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
}

/// What came of one attempt.
enum MoneyOutcome: Sendable, Equatable {
  /// By this attempt or an earlier one of the same work: the transaction, and what was left then.
  case done(Identifier, balance: Int)
  /// There is too little.
  case short
  case unknown
  case wrong(String)
}

/// All that operators did to wallets in a round, and saw. Loop-confined.
final class MoneyLog {
  private(set) var outcomes: [MoneyWork: [MoneyOutcome]] = [:]
  private(set) var unresolved: Set<MoneyWork> = []
  private(set) var attempts = 0

  func add(_ outcome: MoneyOutcome, of work: MoneyWork) {
    attempts += 1
    outcomes[work, default: []].append(outcome)
    if outcome == .unknown { unresolved.insert(work) } else { unresolved.remove(work) }
  }
}
