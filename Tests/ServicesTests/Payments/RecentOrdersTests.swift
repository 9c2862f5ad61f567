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
      recent.insert(order(number), 0)
    }
    #expect((1...5).map { recent.find(order($0)) } == [nil, nil, 3, 4, 5])
  }

  @Test func `without room nothing is remembered`() {
    var recent = RecentOrders<Int>(capacity: 0)
    recent.insert(order(1), 1)
    #expect(recent.find(order(1)) == nil)
  }
}
