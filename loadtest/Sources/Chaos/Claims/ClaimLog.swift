internal import Domain

/// What a user wants: with an idempotency key one coupon at most, however often it is asked.
struct ClaimIntent: Sendable, Equatable {
  /// An index into the round's campaigns.
  let campaign: Int
  let user: Int
  let key: String?
}

/// One request of an intent, as the client saw it.
struct LoggedClaim: Sendable, Equatable {
  /// An index into the log's intents.
  let intent: Int
  /// On the monotonic clock, in nanoseconds.
  let startedAt: UInt64
  let endedAt: UInt64
  let outcome: Outcome

  enum Outcome: Sendable, Equatable {
    /// 201 or 200.
    case coupon(Told)
    case soldOut
    /// The campaign is over.
    case closed
    /// It may have taken effect, or not.
    case unknown
    /// It never reached a server.
    case unsent
    /// An answer that no claim may get.
    case wrong(String)
  }

  /// A coupon that a client was told of.
  struct Told: Sendable, Equatable {
    let coupon: Identifier
    let sequence: Int
    /// 201, also when repeated: this intent's own coupon. Otherwise the user is at the limit.
    let isOwn: Bool
    let isReplayed: Bool
  }

  var told: Told? {
    guard case .coupon(let told) = outcome else { return nil }
    return told
  }
}

/// All that the clients of a round asked for and saw. Loop-confined.
final class ClaimLog {
  private(set) var intents: [ClaimIntent] = []
  private(set) var claims: [LoggedClaim] = []
  /// Intents whose last request has no usable answer.
  private(set) var unresolved: Set<Int> = []
  /// Intents that were without an answer at some time.
  private(set) var everUnknown: Set<Int> = []

  /// Requests for what had been asked for before, with the same key.
  var duplicates: Int {
    let keyed = claims.filter { intents[$0.intent].key != nil }
    return keyed.count - Set(keyed.map(\.intent)).count
  }

  func add(_ intent: ClaimIntent) -> Int {
    intents.append(intent)
    return intents.count - 1
  }

  func add(_ claim: LoggedClaim) {
    claims.append(claim)
    switch claim.outcome {
    case .unknown:
      unresolved.insert(claim.intent)
      everUnknown.insert(claim.intent)
    case .unsent: unresolved.insert(claim.intent)
    case .coupon, .soldOut, .closed, .wrong: unresolved.remove(claim.intent)
    }
  }

  /// How many claims ended in a way.
  func count(_ matches: (LoggedClaim) -> Bool) -> Int { claims.count(where: matches) }
}
