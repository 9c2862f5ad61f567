/// The rules of one wallet in plain Swift: what the ledger's functions must do, one step at a time.
///
/// The functions are the ones that decide; this is their specification, and what random tests compare
/// them with.
public struct WalletRules: Sendable {
  /// A draw on a lot, or with a negative amount what came back of it.
  public struct Allocation: Hashable, Sendable {
    public let lot: Int
    public let amount: Int

    public init(lot: Int, amount: Int) {
      self.lot = lot
      self.amount = amount
    }
  }

  public private(set) var lots: [WalletLot] = []
  /// What open holds set aside.
  public private(set) var holds: [Identifier: Int] = [:]
  private var allocations: [Identifier: [Allocation]] = [:]

  public init() {}

  /// The sum of what is left of all lots.
  public var balance: Int { lots.reduce(0) { $0 + $1.remaining } }

  public var held: Int { holds.values.reduce(0, +) }

  /// What may be spent.
  public var available: Int { balance - held }

  /// What was drawn for `subject` and did not come back.
  public func drawn(for subject: Identifier) -> Int {
    allocations[subject, default: []].reduce(0) { $0 + $1.amount }
  }

  // MARK: Changes

  /// Adds a lot; what has expired is taken out first. False when the wallet would hold more than it may.
  public mutating func credit(_ amount: Int, expiresAt: Instant?, at now: Instant) -> Bool {
    expire(at: now)
    guard balance <= WalletLimits.balance - amount else { return false }
    lots.append(WalletLot(number: lots.count + 1, amount: amount, expiresAt: expiresAt))
    return true
  }

  /// Spends `amount` on `subject`. What has expired is taken out first.
  ///
  /// - Returns: the draws; nil when there is not enough.
  public mutating func debit(_ amount: Int, for subject: Identifier, at now: Instant)
    -> [Allocation]?
  {
    expire(at: now)
    guard amount <= available else { return nil }
    return draw(amount, for: subject)
  }

  /// Takes out what has expired, but for what holds set aside.
  ///
  /// - Returns: how much.
  @discardableResult
  public mutating func expire(at now: Instant) -> Int {
    let due = lots.reduce(0) { $1.isExpired(at: now) ? $0 + $1.remaining : $0 }
    let amount = min(due, available)
    if amount > 0 { drawSoonest(amount) { _ in } }
    return amount
  }

  /// Brings back to their lots what was drawn for `subject`: to those first that last longest.
  ///
  /// - Returns: false when more is to come back than was drawn and did not come back yet.
  public mutating func restore(_ amount: Int, of subject: Identifier) -> Bool {
    guard amount > 0, amount <= drawn(for: subject) else { return false }
    var rest = amount
    for index in lots.indices.sorted(by: { lots[$1].isSpentBefore(lots[$0]) }) {
      let number = lots[index].number
      let open = allocations[subject, default: []].reduce(0) {
        $1.lot == number ? $0 + $1.amount : $0
      }
      let part = min(open, rest)
      guard part > 0 else { continue }
      lots[index].restore(part)
      allocations[subject]!.append(Allocation(lot: number, amount: -part))
      rest -= part
    }
    assert(rest == 0)
    return true
  }

  // MARK: Holds

  /// Sets `amount` aside. False when there is not enough.
  public mutating func place(_ hold: Identifier, _ amount: Int, at now: Instant) -> Bool {
    precondition(holds[hold] == nil, "a hold is placed once")
    expire(at: now)
    guard amount <= available else { return false }
    holds[hold] = amount
    return true
  }

  /// Ends a hold: spends `amount` of it, which may be zero, and frees the rest.
  public mutating func settle(_ hold: Identifier, _ amount: Int) {
    guard let held = holds.removeValue(forKey: hold) else {
      preconditionFailure("no such hold is open")
    }
    precondition((0...held).contains(amount), "more is captured than is held")
    if amount > 0 { draw(amount, for: hold) }
  }

  // MARK: Lots

  @discardableResult
  private mutating func draw(_ amount: Int, for subject: Identifier) -> [Allocation] {
    var draws: [Allocation] = []
    drawSoonest(amount) { draws.append($0) }
    allocations[subject, default: []] += draws
    return draws
  }

  private mutating func drawSoonest(_ amount: Int, _ note: (Allocation) -> Void) {
    var rest = amount
    for index in lots.indices.sorted(by: { lots[$0].isSpentBefore(lots[$1]) }) where rest > 0 {
      let part = min(lots[index].remaining, rest)
      guard part > 0 else { continue }
      lots[index].draw(part)
      note(Allocation(lot: lots[index].number, amount: part))
      rest -= part
    }
    precondition(rest == 0, "lots do not cover the balance")
  }
}
