internal import Domain
internal import EventLoop

/// Fills the wallets of a round's buyers before they first pay, and has an operator credit and debit some
/// of them. Loop-confined.
final class MoneyDesk {
  let desk: OperatorDesk<MoneyWork>
  private let prefix: String
  private var count = 0
  /// Users whose wallet was filled, in the order of that, by the tenant that they belong to.
  private var filled: [Int: [String]] = [:]
  private var known: Set<String> = []
  private var numbers: SeededNumbers

  /// What a buyer is given, and what goes in or out later, in minor units.
  private static let gift = 20 * SalePlan.price
  private static let changes = 1...(2 * SalePlan.price)
  private static let debitShare = 0.4

  /// - Parameter prefix: begins the names of all that is done.
  init(
    _ installation: Installation, connections: ServiceConnections, prefix: String,
    numbers: SeededNumbers
  ) {
    self.prefix = prefix
    self.numbers = numbers
    var numbers = numbers
    desk = OperatorDesk(
      installation, connections: connections, numbers: SeededNumbers(seed: ~numbers.next()))
  }

  /// Gives a user money once; false when it is not known whether that was done.
  func fill(_ user: String, of tenant: Int) async -> Bool {
    if known.contains(user) { return true }
    // The same name for whoever asks at the same time.
    let work = MoneyWork(
      reference: "\(prefix)gift-\(user)", kind: .credit, user: user, tenant: tenant,
      amount: Self.gift)
    guard case .done = await desk.attempt(work) else { return false }
    if known.insert(user).inserted { filled[tenant, default: []].append(user) }
    return true
  }

  /// Has an operator credit or debit one of the users who were given money.
  func change(of tenant: Int) async {
    guard let user = filled[tenant]?.randomElement(using: &numbers) else { return }
    count += 1
    await desk.carryOut(
      MoneyWork(
        reference: "\(prefix)\(count)", kind: numbers.chance(Self.debitShare) ? .debit : .credit,
        user: user, tenant: tenant, amount: Int.random(in: Self.changes, using: &numbers)))
  }
}
