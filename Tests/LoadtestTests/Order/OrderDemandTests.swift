import Testing

@testable import spillway_loadtest

@Suite struct OrderDemandTests {
  /// Users ask for the first of two SKUs at moments 1, 2, 3 and so on.
  private func asked(_ users: Int) -> OrderDemand {
    var demand = OrderDemand(users: users, skus: 2)
    for user in 0..<users { demand.asks(user, sku: 0, at: UInt64(user + 1)) }
    return demand
  }

  private func breaches(_ demands: OrderDemand..., pieces: [Int] = [3, 1]) -> Int {
    OrderDemand.breaches(of: demands, pieces: pieces).count
  }

  @Test func `nothing is wrong while nobody is refused`() {
    #expect(breaches(asked(9)) == 0)
  }

  @Test func `sold out is right once there may be as many orders as pieces`() {
    var demand = asked(5)
    for user in 0..<3 { demand.mayHold(user) }
    demand.isSoldOut(0, at: 5)
    #expect(breaches(demand) == 0)
    #expect(breaches(demand, pieces: [4, 1]) == 1)
    #expect(breaches(demand, pieces: [2, 1]) == 0)
  }

  @Test func `sold out to everybody is a breach`() {
    var demand = asked(5)
    for user in 0..<5 { demand.isSoldOut(0, at: UInt64(user + 2)) }
    #expect(breaches(demand) == 1)
  }

  @Test func `orders that were asked for after the refusal are no reason for it`() {
    var demand = asked(5)
    for user in 0..<5 { demand.mayHold(user) }
    demand.isSoldOut(0, at: 2)
    #expect(breaches(demand) == 1)
    var later = asked(5)
    for user in 0..<5 { later.mayHold(user) }
    later.isSoldOut(0, at: 3)
    #expect(breaches(later) == 0)
  }

  @Test func `orders of all workers count, and those of another SKU do not`() {
    var one = asked(2)
    one.mayHold(0)
    one.mayHold(1)
    one.isSoldOut(0, at: 9)
    var other = asked(1)
    other.mayHold(0)
    #expect(breaches(one, other) == 0)
    var another = OrderDemand(users: 1, skus: 2)
    another.asks(0, sku: 1, at: 1)
    another.mayHold(0)
    #expect(breaches(one, another) == 1)
  }
}
