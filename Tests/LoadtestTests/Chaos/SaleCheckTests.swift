import Domain
import Testing

@testable import spillway_loadtest

@Suite struct SaleCheckTests {
  @Test func `what was told and is recorded holds`() {
    var round = SaleRound()
    round.told(1, 1)
    round.told(1, 1)
    round.settle(1, .payment, .done)
    round.record(1, 1, .paid)
    round.ask(2, .unknown, key: 2)
    round.told(2, 2)
    round.record(2, 2)
    round.told(3, 3)
    round.settle(3, .cancellation, .done)
    round.record(3, 3, reason: "user")
    round.ask(4, .refused, key: 4)
    #expect(round.result().breaches == Breaches())
  }

  @Test func `an order that was told and is not recorded is a breach`() {
    var round = SaleRound()
    round.told(1, 1)
    #expect(round.breaches == 1)
  }

  @Test func `with its power Redis may lose hot orders of its last second, and no older ones`() {
    func round(_ acknowledgement: CampaignPlan.Acknowledgement, losesFirst: Bool) -> SaleRound {
      var round = SaleRound(acknowledgement)
      round.told(1, 1)
      let second = round.clock
      round.told(2, 2)
      round.losePower(keptUntil: second)
      if !losesFirst { round.record(1, 1) }
      return round
    }
    let young = round(.hot, losesFirst: false)
    #expect(young.breaches == 0)
    #expect(young.result().lost == [SaleRound.order(2)])
    #expect(round(.hot, losesFirst: true).breaches == 1)
    #expect(round(.ledger, losesFirst: false).breaches == 1)
  }

  @Test func `a wipe may take hot orders above the cursor, and nothing else`() {
    var hot = SaleRound(.hot)
    hot.told(1, 1)
    hot.wipe([1])
    #expect(hot.breaches == 0)
    #expect(hot.result().lost == [SaleRound.order(1)])

    var below = SaleRound(.hot)
    below.told(1, 1)
    below.wipe([])
    #expect(below.breaches == 1)

    var ledger = SaleRound(.ledger)
    ledger.told(1, 1)
    ledger.wipe([1])
    #expect(ledger.breaches == 1)

    var later = SaleRound(.hot)
    later.wipe([1])
    later.told(1, 1)
    #expect(later.breaches == 1, "told after the wipe")
  }

  @Test func `a key may bring another order only when the first is lost`() {
    var lost = SaleRound()
    lost.told(1, 1, key: 1)
    lost.wipe([1])
    lost.told(1, 2, key: 1)
    lost.record(1, 2)
    #expect(lost.breaches == 0)

    var both = SaleRound()
    both.told(1, 1, key: 1)
    both.told(1, 2, key: 1)
    both.record(1, 1)
    both.record(1, 2)
    #expect(both.breaches == 1)
  }

  @Test func `a key that brought an order is refused never after, unless the order is lost`() {
    var refused = SaleRound()
    refused.told(1, 1)
    refused.record(1, 1)
    #expect(refused.breaches == 0)
    refused.ask(1, .refused, key: 1)
    #expect(refused.breaches == 1)

    var before = SaleRound()
    before.ask(1, .refused, key: 1)
    before.told(1, 1)
    before.record(1, 1)
    #expect(before.breaches == 0)

    var unanswered = SaleRound()
    unanswered.told(1, 1)
    unanswered.record(1, 1)
    unanswered.ask(1, .unknown, key: 1)
    unanswered.ask(1, .unsent, key: 1)
    #expect(unanswered.breaches == 0)

    var lost = SaleRound()
    lost.told(1, 1)
    lost.wipe([1])
    lost.ask(1, .refused, key: 1)
    #expect(lost.breaches == 0)
  }

  @Test func `nothing is sold out before so much may have been ordered`() {
    // There are ten pieces.
    var early = SaleRound()
    early.ask(1, .soldOut, key: 1)
    #expect(early.breaches == 1)

    var last = SaleRound()
    last.told(1, 1, pieces: 9)
    last.record(1, 1, pieces: 9)
    last.ask(2, .soldOut, key: 2)
    #expect(last.breaches == 1, "one was left")
    last.ask(3, .soldOut, key: 3, pieces: 2)
    #expect(last.breaches == 1)

    var unknown = SaleRound()
    unknown.ask(1, .unknown, key: 1, pieces: 10)
    unknown.ask(2, .soldOut, key: 2)
    #expect(unknown.breaches == 0)

    var later = SaleRound()
    later.ask(2, .soldOut, key: 2)
    later.told(1, 1, pieces: 10)
    later.record(1, 1, pieces: 10)
    #expect(later.breaches == 1, "ordered after the refusal")

    var refused = SaleRound()
    refused.ask(1, .soldOut, key: 1, pieces: 11)
    refused.ask(2, .soldOut, key: 2)
    #expect(refused.breaches == 1, "who was refused has nothing")
  }

  @Test func `a repeat that is sold out after the grant is a breach, too`() {
    var round = SaleRound()
    round.told(1, 1, pieces: 10)
    round.record(1, 1, pieces: 10)
    round.ask(1, .soldOut, key: 1, pieces: 10)
    #expect(round.breaches == 1)
  }

  @Test func `a refusal at the same moment as the grant may have been decided before`() {
    var round = SaleRound()
    round.told(1, 1)
    round.record(1, 1)
    // The clock of a round goes on by ten between two steps.
    round.clock -= 10
    round.ask(1, .refused, key: 1)
    #expect(round.breaches == 0)
  }

  @Test func `one order of two keys is a breach`() {
    var round = SaleRound()
    round.told(1, 1, key: 1)
    round.told(1, 1, key: 2)
    round.record(1, 1)
    #expect(round.breaches == 1)
  }

  @Test func `an order that nobody was told of is a breach`() {
    var round = SaleRound()
    round.ask(1, .refused, key: 1)
    round.record(1, 1)
    #expect(round.breaches == 1)
  }

  @Test func `the ledger has the user, the lines and the total as told`() {
    var user = SaleRound()
    user.told(1, 1)
    user.record(2, 1)
    #expect(user.breaches == 1)

    var pieces = SaleRound()
    pieces.told(1, 1, pieces: 1)
    pieces.record(1, 1, pieces: 2)
    #expect(pieces.breaches == 1)
  }

  @Test func `nobody buys more than the limit`() {
    var round = SaleRound(limit: 2)
    for number in 1...3 {
      round.told(1, number)
      round.settle(number, .payment, .done)
      round.record(1, number, .paid)
    }
    #expect(round.breaches == 1)
  }

  @Test func `what was done stays done, and what was refused had a reason`() {
    func breaches(
      _ kind: OrderIntent.Settlement, _ outcome: LoggedSettlement.Outcome, _ status: OrderStatus,
      reason: String = "expired"
    ) -> Int {
      var round = SaleRound()
      round.told(1, 1)
      // Both were tried, so that neither state is without a cause.
      round.settle(1, .payment, .unknown)
      round.settle(1, .cancellation, .unknown)
      round.settle(1, kind, outcome)
      round.record(1, 1, status, reason: reason)
      return round.breaches
    }
    #expect(breaches(.payment, .done, .paid) == 0)
    #expect(breaches(.payment, .done, .cancelled) == 1)
    #expect(breaches(.payment, .refused, .cancelled) == 0)
    #expect(breaches(.payment, .refused, .paid) == 1)
    #expect(breaches(.cancellation, .done, .cancelled, reason: "user") == 0)
    #expect(breaches(.cancellation, .done, .cancelled) == 1, "it has lapsed")
    #expect(breaches(.cancellation, .done, .paid) == 1)
    #expect(breaches(.cancellation, .refused, .paid) == 1, "it can still be cancelled")
    #expect(breaches(.cancellation, .refused, .cancelled) == 0)
    #expect(breaches(.cancellation, .refused, .cancelled, reason: "user") == 1)
    #expect(breaches(.cancellation, .notFound, .paid) == 1)
    #expect(breaches(.cancellation, .wrong("status 500"), .paid) == 1)
  }

  @Test func `a payment or a cancellation that nobody asked for is a breach`() {
    var paid = SaleRound()
    paid.told(1, 1)
    paid.record(1, 1, .paid)
    #expect(paid.breaches == 1)

    var cancelled = SaleRound()
    cancelled.told(1, 1)
    cancelled.record(1, 1, reason: "user")
    #expect(cancelled.breaches == 1)
  }

  @Test func `orders lapse neither early nor late, and all of them`() {
    func breaches(_ cancelledAt: Int, recoveredAt: Int = 0) -> Int {
      var round = SaleRound()
      round.history.recoveredAtTime = recoveredAt
      round.told(1, 1)
      round.record(1, 1, cancelledAt: cancelledAt)
      return round.breaches
    }
    #expect(breaches(1000) == 0)
    #expect(breaches(999) == 1)
    #expect(breaches(60_000) == 1)
    #expect(breaches(60_000, recoveredAt: 55_000) == 0)

    var pending = SaleRound()
    pending.told(1, 1)
    pending.record(1, 1, .pending)
    #expect(pending.breaches == 1)
  }

  @Test func `every piece is sold to somebody who paid, or on sale again`() {
    var oversold = SaleRound()
    oversold.level = StockLevel(received: 10, sold: 1)
    #expect(oversold.breaches == 1)

    var held = SaleRound()
    held.level = StockLevel(received: 10, reserved: 1)
    #expect(held.breaches == 1)

    var gone = SaleRound()
    gone.level = StockLevel(received: 10, taken: 1)
    #expect(gone.breaches == 1)

    var redis = SaleRound()
    redis.levelInRedis = StockLevel(received: 9)
    #expect(redis.breaches == 1)

    var seen = SaleRound()
    seen.largestSum = 11
    #expect(seen.breaches == 1)
  }

  @Test func `what was paid and came back counts twice`() {
    var round = SaleRound()
    round.told(1, 1)
    round.settle(1, .payment, .done)
    round.settle(1, .cancellation, .done)
    round.record(1, 1, .cancelled, reason: "user", paidAt: 500)
    round.refund(1, restocked: 1)
    round.largestSum = 11
    #expect(round.breaches == 0)
  }

  /// Breaches of one paid order of one piece, whose refunds of so many minor units were asked for, and
  /// of which so much went back.
  private func breaches(
    _ asked: [(Int, LoggedSettlement.Outcome)], _ refunds: [(Int, index: Int)],
    _ status: OrderStatus = .paid
  ) -> Int {
    var round = SaleRound()
    round.told(1, 1)
    round.settle(1, .payment, .done)
    for (index, (amount, outcome)) in asked.enumerated() {
      round.settle(1, .refund(number: index, .amount(amount)), outcome)
    }
    round.record(1, 1, status, paidAt: 500)
    for (amount, index) in refunds { round.refund(1, amount, index: index) }
    return round.breaches
  }

  @Test func `each refund that was told is there once, and no more went back than was paid`() {
    let price = SalePlan.price
    #expect(breaches([(5, .done), (5, .done)], [(5, 0), (5, 1)]) == 0)
    #expect(breaches([(5, .done), (price, .declined)], [(5, 0)]) == 0)
    #expect(breaches([(price, .done), (5, .refused)], [(price, 0)], .refunded) == 0)
    #expect(breaches([(5, .done)], []) == 2, "nothing went back")
    #expect(breaches([(5, .done)], [(5, 0), (5, 0)]) == 2, "twice")
    #expect(breaches([(5, .done)], [(6, 0)]) == 1, "another sum")
    #expect(breaches([], [(5, 0)]) == 1, "nobody asked for it")
    #expect(breaches([(price + 1, .done)], [(price + 1, 0)]) == 1, "too much")
    #expect(breaches([(5, .done)], [(5, 0)], .refunded) == 1, "too little")
  }

  @Test func `what is declined or refused had a reason`() {
    #expect(breaches([(5, .declined)], []) == 1, "there was enough")
    #expect(breaches([(5, .refused)], []) == 1, "it is paid and not refunded")
  }

  @Test func `pieces that come back are those that were asked for`() {
    func breaches(_ wanted: Int, _ returned: Int) -> Int {
      var round = SaleRound()
      round.told(1, 1, pieces: 3)
      round.settle(1, .payment, .done)
      round.settle(1, .refund(number: 1, .lines([0: wanted])), .done)
      round.record(1, 1, .paid, pieces: 3, paidAt: 500)
      round.refund(1, wanted * SalePlan.price, restocked: returned, index: 1)
      return round.breaches
    }
    #expect(breaches(2, 2) == 0)
    #expect(breaches(2, 1) == 1)
  }

  @Test func `answers to one key that differ are a breach`() {
    func breaches(_ answers: [UInt64]) -> Int {
      var round = SaleRound()
      round.told(1, 1)
      for answer in answers { round.settle(1, .payment, .done, answer: answer) }
      round.record(1, 1, .paid)
      return round.breaches
    }
    #expect(breaches([7, 7]) == 0)
    #expect(breaches([7, 8]) == 1)
  }
}
