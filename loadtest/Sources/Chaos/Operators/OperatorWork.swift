/// Something that an operator does once, however often it is tried.
protocol OperatorWork: Sendable, Hashable {
  associatedtype Outcome: OperatorOutcome

  /// Names it in the ledger, and is its idempotency key.
  var reference: String { get }
  /// The index of its tenant.
  var tenant: Int { get }

  func request(token: String) -> ChaosRequest
  /// What comes of one attempt.
  static func outcome(_ result: Result<Response, ClientFailure>) -> Outcome
}

/// What came of one attempt.
protocol OperatorOutcome: Sendable, Equatable {
  /// It may have taken effect, or not.
  var isUnknown: Bool { get }
}

/// All that operators did in a round, and saw. Loop-confined.
final class OperatorLog<Work: OperatorWork> {
  private(set) var outcomes: [Work: [Work.Outcome]] = [:]
  private(set) var unresolved: Set<Work> = []
  private(set) var attempts = 0

  func add(_ outcome: Work.Outcome, of work: Work) {
    attempts += 1
    outcomes[work, default: []].append(outcome)
    if outcome.isUnknown { unresolved.insert(work) } else { unresolved.remove(work) }
  }

  /// Attempts at what had been tried before.
  var duplicates: Int { attempts - outcomes.count }
}
