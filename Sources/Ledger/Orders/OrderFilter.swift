public import Domain

/// Which orders an operator looks for; nil lets all through.
public struct OrderFilter: Sendable, Equatable {
  public var status: OrderStatus?
  public var user: UserID?
  public var sale: Identifier?

  public init(status: OrderStatus? = nil, user: UserID? = nil, sale: Identifier? = nil) {
    self.status = status
    self.user = user
    self.sale = sale
  }
}
