/// How much there is of a SKU in one account, and where it went. All counts are pieces.
public struct StockLevel: Hashable, Sendable {
  /// All that ever came into the account.
  public var received: Int
  /// Moved out of the account again: corrections, and moves to a sale and back.
  public var taken: Int
  /// Held by orders that are not paid.
  public var reserved: Int
  /// Paid for.
  public var sold: Int

  public init(received: Int = 0, taken: Int = 0, reserved: Int = 0, sold: Int = 0) {
    self.received = received
    self.taken = taken
    self.reserved = reserved
    self.sold = sold
  }

  /// What can be reserved.
  public var available: Int { received - taken - reserved - sold }

  /// No count is negative, and no piece is in two places.
  public var isSound: Bool {
    received >= 0 && taken >= 0 && reserved >= 0 && sold >= 0 && available >= 0
  }
}
