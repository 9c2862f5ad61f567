/// What came into a wallet at once, and how much of it is left.
public struct WalletLot: Hashable, Sendable {
  /// Names the lot within its wallet; later ones have higher numbers.
  public let number: Int
  /// Minor units, above zero.
  public let amount: Int
  /// Minor units, from zero to ``amount``.
  public private(set) var remaining: Int
  /// From when on it cannot be spent; nil for never.
  public let expiresAt: Instant?

  public init(number: Int, amount: Int, expiresAt: Instant?) {
    precondition(amount > 0, "a lot of nothing")
    self.number = number
    self.amount = amount
    remaining = amount
    self.expiresAt = expiresAt
  }

  /// Whether it is spent before `other`: what expires first, then what came first.
  public func isSpentBefore(_ other: WalletLot) -> Bool {
    switch (expiresAt, other.expiresAt) {
    case (let own?, let others?) where own != others: own < others
    case (_?, nil): true
    case (nil, _?): false
    default: number < other.number
    }
  }

  public func isExpired(at time: Instant) -> Bool { expiresAt.map { $0 <= time } ?? false }

  mutating func draw(_ amount: Int) {
    precondition((1...remaining).contains(amount), "a lot is drawn on for more than is left")
    remaining -= amount
  }

  mutating func restore(_ amount: Int) {
    precondition((1...(self.amount - remaining)).contains(amount), "more comes back than was drawn")
    remaining += amount
  }
}
