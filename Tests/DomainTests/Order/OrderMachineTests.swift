import Domain
import TestSupport
import Testing

@Suite struct OrderMachineTests {
  private static let deadline = Instant(seconds: 1_000)
  private static let events: [OrderEvent] = [
    .payment, .lapse, .cancellation, .fulfilment, .refund(isComplete: false),
    .refund(isComplete: true),
  ]

  @Test func `a pending order is paid before its deadline and lapses behind it`() throws {
    var paid = OrderMachine(reservedUntil: Self.deadline)
    #expect(throws: OrderMachine.Refusal.early) {
      try paid.apply(.lapse, at: Self.deadline - .milliseconds(1))
    }
    try paid.apply(.payment, at: Self.deadline - .milliseconds(1))
    #expect(paid.status == .paid)
    var late = OrderMachine(reservedUntil: Self.deadline)
    #expect(throws: OrderMachine.Refusal.overdue) { try late.apply(.payment, at: Self.deadline) }
    try late.apply(.lapse, at: Self.deadline)
    #expect(late.status == .cancelled)
  }

  @Test func `what was shipped is not cancelled, and what is undone stays so`() {
    for (status, events) in [
      (OrderStatus.fulfilled, [OrderEvent.cancellation, .fulfilment, .payment]),
      (.cancelled, Self.events), (.refunded, Self.events),
    ] {
      let machine = OrderMachine(status: status, reservedUntil: Self.deadline)
      for event in events {
        #expect(throws: OrderMachine.Refusal.status(status), "\(status) \(event)") {
          try machine.next(event, at: Instant(seconds: 0))
        }
      }
    }
  }

  /// Random events at random times: the machine goes only along the arrows of ``OrderStatus``, a refusal
  /// changes nothing, and what must hold of a life holds.
  @Test func `no sequence of events leads anywhere else than the arrows`() {
    var random = SeededGenerator()
    for _ in 0..<20_000 {
      var machine = OrderMachine(reservedUntil: Self.deadline)
      var path = [machine.status]
      for _ in 0..<12 {
        let event = Self.events.randomElement(using: &random)!
        let now = Instant(milliseconds: .random(in: 990_000...1_010_000, using: &random))
        let before = machine
        do throws(OrderMachine.Refusal) {
          try machine.apply(event, at: now)
        } catch {
          #expect(machine == before)
          continue
        }
        if machine.status == before.status {
          #expect(event == .refund(isComplete: false))
        } else {
          #expect(before.status.mayBecome(machine.status), "\(before.status) \(event)")
          path.append(machine.status)
        }
      }
      #expect(Set(path).count == path.count)
      if path.contains(.refunded) || path.contains(.fulfilled) { #expect(path.contains(.paid)) }
      if path.contains(.fulfilled) { #expect(!path.contains(.cancelled)) }
    }
  }
}
