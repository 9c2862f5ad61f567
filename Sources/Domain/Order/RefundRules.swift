/// Decides what of a paid order goes back, from what it is and what went back before.
///
/// Money never exceeds what was paid. A piece is worth its part of what was paid for its line, without the
/// discount and with the tax; the parts of a line add up to it exactly, in whatever portions they go back.
/// Shipping goes back with the last piece of an order that was not shipped.
public struct RefundRules: Hashable, Sendable {
  /// One line of the order.
  public struct Line: Hashable, Sendable {
    public let sku: SKU
    /// Pieces.
    public let quantity: Int
    /// Pieces that came back before.
    public let returned: Int
    /// Minor units that were paid for all of its pieces; see ``OrderShares``.
    public let paid: Int

    public init(sku: SKU, quantity: Int, returned: Int, paid: Int) {
      precondition(0...quantity ~= returned && quantity > 0 && paid >= 0, "no line of an order")
      self.sku = sku
      self.quantity = quantity
      self.returned = returned
      self.paid = paid
    }

    /// Pieces that did not come back yet.
    var left: Int { quantity - returned }

    /// Minor units for the next `count` pieces.
    func worth(of count: Int) -> Int {
      func upTo(_ pieces: Int) -> Int { Int(Int128(paid) * Int128(pieces) / Int128(quantity)) }
      return upTo(returned + count) - upTo(returned)
    }
  }

  private let machine: OrderMachine
  private let lines: [Line]
  /// Minor units that were paid, and that went back before.
  private let paid: Int
  private let refunded: Int
  /// Until when the policy gives money back; nil for no end.
  private let returnableUntil: Instant?
  private let selfService: SelfServiceRefunds

  /// - Parameters:
  ///   - lines: in the order's own order, each SKU once.
  ///   - paid: minor units, shipping included.
  ///   - refunded: minor units that went back before.
  ///   - returnableUntil: the end of the market's days of return; nil for none.
  ///   - selfService: what the market lets its customers have back without help.
  public init(
    machine: OrderMachine, lines: [Line], paid: Int, refunded: Int, returnableUntil: Instant?,
    selfService: SelfServiceRefunds
  ) {
    self.machine = machine
    self.lines = lines
    self.paid = paid
    self.refunded = refunded
    self.returnableUntil = returnableUntil
    self.selfService = selfService
  }

  private var left: Int { paid - refunded }

  /// What goes back when `wish` is granted at `now`.
  public func plan(
    _ wish: RefundWish, by authority: RefundAuthority, at now: Instant
  ) throws(RefundRefusal) -> RefundPlan {
    do throws(OrderMachine.Refusal) {
      _ = try machine.next(.refund(isComplete: false), at: now)
    } catch {
      throw .status(machine.status)
    }
    if authority == .owner { try checkSelfService(wish) }
    if authority != .beyondPolicy, let returnableUntil, now > returnableUntil {
      throw .late(returnableUntil)
    }
    switch wish {
    case .everything: return everything
    case .amount(let amount):
      guard amount >= 1, amount <= left else { throw .tooMuch(left: left) }
      // What was not shipped stays here when all its money goes back.
      if amount == left, machine.status == .paid { return everything }
      return RefundPlan(amount: amount, lines: [], isComplete: amount == left)
    case .lines(let wanted): return try plan(wanted)
    }
  }

  /// Whether the owner may have it without help. What was shipped is with them: it takes days of return to
  /// give money for it on their word.
  private func checkSelfService(_ wish: RefundWish) throws(RefundRefusal) {
    switch (selfService, wish) {
    case (.none, _), (.lines, .amount): throw .policy(selfService)
    case (.lines, .everything), (.lines, .lines), (.amounts, _): break
    }
    if machine.status == .fulfilled, returnableUntil == nil { throw .shipped }
  }

  /// All that is left. The lines say what their pieces are worth, and may not add up to it: shipping goes
  /// back too, and some money may have gone back without pieces.
  public var everything: RefundPlan {
    let back = lines.filter { $0.left > 0 }.map {
      RefundPlan.Line(sku: $0.sku, quantity: $0.left, amount: $0.worth(of: $0.left))
    }
    return RefundPlan(amount: left, lines: back, isComplete: true)
  }

  private func plan(_ wanted: [RequestedLine]) throws(RefundRefusal) -> RefundPlan {
    var back: [RefundPlan.Line] = []
    for (place, wish) in wanted.enumerated() {
      guard let line = lines.first(where: { $0.sku == wish.sku }) else {
        throw .unknownSKU(line: place)
      }
      guard wish.quantity <= line.left else { throw .tooMany(line: place, left: line.left) }
      back.append(
        RefundPlan.Line(
          sku: wish.sku, quantity: wish.quantity, amount: line.worth(of: wish.quantity)))
    }
    let pieces = back.reduce(0) { $0 + $1.quantity }
    if pieces == lines.reduce(0, { $0 + $1.left }), machine.status == .paid { return everything }
    let worth = back.reduce(0) { $0 + $1.amount }
    guard worth <= left else { throw .worthMore(worth, left: left) }
    // As above: pieces that cost nothing, or whose money went back before, are not left behind.
    if worth == left, left > 0, machine.status == .paid { return everything }
    // What cost nothing is given back when its last piece is.
    let isComplete = worth == left && (left > 0 || pieces == lines.reduce(0) { $0 + $1.left })
    return RefundPlan(amount: worth, lines: back, isComplete: isComplete)
  }
}
