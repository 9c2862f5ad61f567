/// What somebody wants back.
public enum RefundWish: Hashable, Sendable {
  /// All that is left of an order.
  case everything
  /// Some money, in minor units, for goods that stay where they are.
  case amount(Int)
  /// The money for some pieces, which come back.
  case lines([RequestedLine])
}

/// How far somebody may go who gives money back.
public enum RefundAuthority: Hashable, Sendable {
  /// As the market's policy lets customers help themselves.
  case owner
  /// As the market's policy says.
  case withinPolicy
  /// Further.
  case beyondPolicy
}

/// What of an order goes back.
public struct RefundPlan: Hashable, Sendable {
  /// Minor units.
  public let amount: Int
  /// Pieces that come back, and the money for them.
  public let lines: [Line]
  /// Nothing is left of the order behind it.
  public let isComplete: Bool

  /// Pieces of one of the order's lines.
  public struct Line: Hashable, Sendable {
    public let sku: SKU
    public let quantity: Int
    /// Minor units that were paid for them.
    public let amount: Int

    public init(sku: SKU, quantity: Int, amount: Int) {
      self.sku = sku
      self.quantity = quantity
      self.amount = amount
    }
  }

  public init(amount: Int, lines: [Line], isComplete: Bool) {
    self.amount = amount
    self.lines = lines
    self.isComplete = isComplete
  }
}

/// Why money does not go back.
public enum RefundRefusal: Error, Hashable, Sendable {
  /// The order is in a status in which nothing goes back.
  case status(OrderStatus)
  /// The owner alone does not get that under this policy.
  case policy(SelfServiceRefunds)
  /// What was shipped its owner gets no money for without somebody's help: the market has no days of
  /// return.
  case shipped
  /// The market's days of return ended then.
  case late(Instant)
  /// More is wanted than was paid and did not go back yet.
  case tooMuch(left: Int)
  /// The order has no such SKU; the place is the wish's.
  case unknownSKU(line: Int)
  /// More pieces are wanted back than are left of the SKU; the place is the wish's.
  case tooMany(line: Int, left: Int)
  /// The pieces are worth more than the money that is left: some of it went back before.
  case worthMore(Int, left: Int)
}
