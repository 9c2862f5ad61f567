/// What a crowd does in a round while parts of the installation are struck, and what must hold of it
/// afterwards. Loop-confined.
protocol ChaosScenario: AnyObject {
  /// Makes what the crowd comes for.
  ///
  /// - Throws: `ScenarioError` when the round cannot begin.
  func prepare() async throws(ScenarioError)

  /// Starts so many clients, who go on until ``end()``, and whatever operators do meanwhile.
  ///
  /// - Returns: the clients.
  func begin(clients: Int) -> [Task<Void, Never>]

  /// Returns once operators have done what the round plans.
  func finishOperations() async

  /// Lets each client finish what is under way and then stop.
  func end()

  /// Asks again for everything that has no answer, until it has one.
  ///
  /// - Returns: what has none when `limit` has passed.
  func resolve(clients: Int, within limit: Duration) async -> String?

  /// Asks again for some of what was answered: the answers must be the same.
  func repeatSample(clients: Int) async

  /// Waits until time changes nothing any more.
  ///
  /// - Returns: what still moves when it takes too long.
  func rest() async -> String?

  /// Compares what clients were told with the ledger and with Redis, both at rest.
  ///
  /// - Throws: when the ledger or Redis cannot be read.
  func judge(_ history: RoundHistory, _ report: inout RoundReport) async throws
}

/// What a round's crowd is made of.
enum ChaosCrowds: String, CaseIterable, Sendable {
  case claim, order, both, shop

  var claims: Bool { self == .claim || self == .both }
  var orders: Bool { self != .claim }
  var habits: BuyerHabits { self == .shop ? .shop : .crowd }
}

/// What became of the installation in a round.
struct RoundHistory: Sendable {
  /// What each wipe of Redis took away.
  var wipes: [WipeRecord] = []
  /// From this moment of the monotonic clock on, all was well again.
  var recoveredAt: UInt64 = .max
  /// The same moment in milliseconds since 1970.
  var recoveredAtTime = Int.max
}
