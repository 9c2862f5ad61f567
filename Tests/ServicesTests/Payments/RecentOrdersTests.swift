import Domain
import Testing

@testable import Services

@Suite struct RecentOrdersTests {
  private func order(_ number: Int) -> Identifier { Identifier(high: 1, low: UInt64(number)) }

  @Test func `the newest are remembered, as many as there is room for`() {
    var recent = RecentOrders<Int>(capacity: 3)
    for number in 1...5 {
      recent.insert(order(number), number)
      // Told again, it keeps its place in line and what was noted.
      recent.insertUnlessKnown(order(number), 0)
    }
    #expect((1...5).map { recent.find(order($0)) } == [nil, nil, 3, 4, 5])
  }

  @Test func `nothing is mixed up where many are remembered, and the newest are found`() {
    let capacity = 1024
    var recent = RecentOrders<UInt64>(capacity: capacity)
    var identifiers = IdentifierGenerator(random: SystemRandomNumberGenerator())
    let orders = (0..<4 * capacity).map { _ in identifiers.next(at: Instant(milliseconds: 1)) }
    for order in orders {
      recent.insert(order, order.low)
      #expect(recent.find(order) == order.low)
    }
    let found = orders.compactMap { recent.find($0) == nil ? nil : $0 }
    #expect(found.allSatisfy { recent.find($0) == $0.low })
    #expect(found.count <= capacity && found.count > capacity * 9 / 10)
  }

  @Test func `an order that is told of first by a repeat is remembered`() {
    var recent = RecentOrders<Int>(capacity: 3)
    recent.insertUnlessKnown(order(1), 7)
    #expect(recent.find(order(1)) == 7)
  }

  @Test func `without room nothing is remembered`() {
    var recent = RecentOrders<Int>(capacity: 0)
    recent.insert(order(1), 1)
    #expect(recent.find(order(1)) == nil)
  }
}
