internal import Domain
internal import EventLoop
internal import Services

/// How shoppers wait for their turn.
extension ShopperCrowd {
  func judgeRoom(
    _ response: Response, _ request: ConnectionPool.Request, _ now: UInt64
  ) -> ShopperOutcome {
    let index = request.asker
    let answer = TicketAnswer(of: response.body)
    switch (response.status, shoppers[index]!.step) {
    case (201, .join) where answer.isTicket:
      record.gave(answer.number ?? 0)
      shoppers[index]!.ticket = answer.ticket
      shoppers[index]!.place = answer.number ?? 0
      shoppers[index]!.joinedAt = now
      queued += 1
      see(answer, request, now)
      return .joined
    case (200, .poll) where answer.isTicket && answer.number == shoppers[index]!.place:
      see(answer, request, now)
      return shoppers[index]!.isInside ? .admitted : .waiting
    case (410, .poll) where answer.isError("EXPIRED") && mayLapse(shoppers[index]!, now):
      conclude(index)
      return .tooLate
    case (204, .leave):
      conclude(index)
      return .left
    case (410, .leave) where answer.isError("EXPIRED") && isOver(shoppers[index]!):
      conclude(index)
      return .tooLate
    default: return wrong(response, index, now)
    }
  }

  /// A ticket lives for the grace at least; a little less is forgiven for the way of the request.
  private func mayLapse(_ shopper: Shopper, _ now: UInt64) -> Bool {
    now - shopper.seenAt > UInt64(plan.terms.room?.graceSeconds ?? 0) * 900_000_000
  }

  private func isOver(_ shopper: Shopper) -> Bool {
    shopper.admittedUntil.milliseconds - 1000 < WallClock.system.now().milliseconds
  }

  private func see(_ answer: TicketAnswer, _ request: ConnectionPool.Request, _ now: UInt64) {
    let index = request.asker
    let shopper = shoppers[index]!
    shoppers[index]!.seenAt = request.sent
    guard answer.status == .admitted else {
      record.moved(shopper.place, from: shopper.position, to: answer.position)
      record.waits(shopper.place, asked: request.sent)
      shoppers[index]!.waitedAt = request.sent
      shoppers[index]!.position = answer.position ?? shopper.position
      shoppers[index]!.failures = 0
      // As the visitor's page does: a little later than asked.
      let after = answer.pollAfter ?? 1000
      let delay = after + Int.random(in: 0...after / 10, using: &numbers)
      return plan(index, .poll, at: now + UInt64(delay) * 1_000_000)
    }
    queued -= 1
    waits.record(nanoseconds: now - shopper.joinedAt)
    record.entered(shopper.place, at: now, joined: shopper.cameAt, waited: shopper.waitedAt)
    shoppers[index]!.isInside = true
    shoppers[index]!.admission = answer.admission
    shoppers[index]!.admittedUntil = answer.admittedUntil ?? .earliest
    goOn(index, .look, now)
  }

  /// The shopper no longer counts as inside.
  func leaveRoom(_ index: Int) {
    guard shoppers[index]!.isInside else { return }
    shoppers[index]!.isInside = false
    record.departed()
  }
}
