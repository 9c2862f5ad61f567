import Domain
import Testing

@Suite struct OrderStatusTests {
  @Test func `an order goes only where the machine lets it`() {
    let allowed: [OrderStatus: Set<OrderStatus>] = [
      .pending: [.paid, .cancelled], .paid: [.fulfilled, .cancelled, .refunded],
      .fulfilled: [.refunded],
    ]
    for from in OrderStatus.allCases {
      for to in OrderStatus.allCases {
        #expect(from.mayBecome(to) == (allowed[from]?.contains(to) ?? false))
      }
    }
    #expect(OrderStatus.allCases.filter(\.isFinal) == [.cancelled, .refunded])
  }

  @Test func `nothing is reserved or sold for who was cancelled`() {
    #expect(OrderStatus.pending.stock == .reserved)
    #expect(OrderStatus.paid.stock == .sold)
    #expect(OrderStatus.cancelled.stock == .returned)
  }
}
