internal import Domain
internal import EventLoop
internal import Services

/// What shoppers make of the answers they get.
extension ShopperCrowd {
  /// Looks into an answer, and has the shopper go on.
  func judge(
    _ response: Response, _ request: ConnectionPool.Request, now: UInt64
  ) -> ShopperOutcome {
    let index = request.asker
    if response.status == 503 || response.status == 429 { return unavailable(response, index, now) }
    if response.status == 403, let outcome = locked(response, index, now) { return outcome }
    let outcome: ShopperOutcome
    switch shoppers[index]!.step {
    case .join, .poll, .leave: outcome = judgeRoom(response, request, now)
    case .look: outcome = judgeStock(response, index, now)
    case .claim, .claimAgain: outcome = judgeClaim(response, index, now)
    case .order: outcome = judgeOrder(response, index, now)
    case .pay, .payAgain: outcome = judgePayment(response, index, now)
    case .cancel: outcome = judgeCancellation(response, index, now)
    }
    return outcome
  }

  /// A shopper goes on with `step` after having looked at the answer.
  func goOn(_ index: Int, _ step: Shopper.Step, _ now: UInt64) {
    shoppers[index]!.failures = 0
    plan(index, step, at: now + UInt64(plan.terms.think) * 1_000_000)
  }

  /// A shopper that has what it came for, or cannot have it, leaves.
  func goHome(_ index: Int, _ now: UInt64) {
    if plan.room != nil, shoppers[index]!.isInside {
      goOn(index, .leave, now)
    } else {
      leaveRoom(index)
      conclude(index)
    }
  }

  /// Notes an answer that must not be; the shopper leaves.
  func wrong(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome {
    let shopper = shoppers[index]!
    breaches.add(
      "\(shopper.step) of shopper \(shopper.number): status \(response.status) with "
        + response.bodyText.prefix(300))
    if [.claim, .claimAgain].contains(shopper.step) { shopper.turn.unansweredClaims += 1 }
    if shopper.step == .order { shopper.turn.demand.mayHold(shopper.user) }
    if shopper.step == .leave { conclude(index) } else { goHome(index, now) }
    return .wrong
  }

  // MARK: Refusals that any request may get

  private func unavailable(
    _ response: Response, _ index: Int, _ now: UInt64
  ) -> ShopperOutcome {
    let code: StaticString = response.status == 503 ? "INTERNAL_RETRYABLE" : "RATE_LIMITED"
    guard PaymentAnswer(of: response.body).isError(code),
      let seconds = response.header("Retry-After").flatMap({ Int($0) })
    else { return wrong(response, index, now) }
    tryAgain(index, after: seconds, now: now)
    return .unavailable
  }

  /// An admission that is over: the shopper was too slow. Nil when it should have been let in.
  private func locked(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome? {
    guard plan.room != nil, PaymentAnswer(of: response.body).isError("ADMISSION_REQUIRED"),
      shoppers[index]!.admittedUntil.milliseconds - 1000 < WallClock.system.now().milliseconds
    else { return nil }
    leaveRoom(index)
    if [.claim, .claimAgain].contains(shoppers[index]!.step) {
      shoppers[index]!.turn.unansweredClaims += 1
    }
    conclude(index)
    return .tooLate
  }

  /// The same step again, ever later, until patience ends.
  func tryAgain(_ index: Int, after seconds: Int, now: UInt64) {
    shoppers[index]!.failures += 1
    let shopper = shoppers[index]!
    if shopper.step == .order { shopper.turn.demand.mayHold(shopper.user) }
    guard shopper.failures <= Self.patience else {
      if [.claim, .claimAgain].contains(shopper.step) { shopper.turn.unansweredClaims += 1 }
      leaveRoom(index)
      return conclude(index)
    }
    let least = max(
      Self.pause << UInt64(min(shopper.failures - 1, 4)), UInt64(seconds) * 1_000_000_000)
    let delay = UInt64.random(in: least...least * 3 / 2, using: &numbers)
    plan(index, shopper.step, at: now + delay)
  }

  // MARK: Stock and coupons

  private func judgeStock(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome {
    guard response.status == 200, StockLevelAnswer(of: response.body).isStock else {
      return wrong(response, index, now)
    }
    goOn(index, .claim, now)
    return .looked
  }

  private func judgeClaim(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome {
    let shopper = shoppers[index]!
    let answer = ClaimAnswer(of: response.body, campaign: shopper.turn.campaign)
    switch response.status {
    case 201 where answer.isCoupon && !response.isReplayed,
      200 where answer.isCoupon && response.isReplayed:
      guard let sequence = answer.sequence, (1...plan.terms.coupons).contains(sequence),
        shopper.turn.claims.hold(
          user: shopper.user, sequence: sequence, coupon: answer.coupon!,
          isReplay: response.isReplayed)
      else { return wrong(response, index, now) }
      let isAgain = shopper.step == .claim && plan.terms.repeats(shopper.user)
      goOn(index, isAgain ? .claimAgain : .order, now)
      return response.isReplayed ? .issuedAgain : .issued
    case 410 where answer.isError && answer.isSoldOut:
      shopper.turn.couponRefusals += 1
      guard shopper.turn.claims.soldOut(user: shopper.user) else {
        return wrong(response, index, now)
      }
      goOn(index, .order, now)
      return .couponsGone
    default: return wrong(response, index, now)
    }
  }

  // MARK: Orders

  private func judgeOrder(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome {
    let shopper = shoppers[index]!
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 201 where answer.isOrder && answer.pieces == 1 && answer.total == SaleTerms.price:
      guard !response.isReplayed || shopper.failures > 0, let order = answer.order else {
        return wrong(response, index, now)
      }
      let sku = plan.terms.sku(of: shopper.user)
      shopper.turn.orders.append(
        AcknowledgedOrder(user: shopper.user, order: order, sku: sku))
      shopper.turn.demand.mayHold(shopper.user)
      shoppers[index]!.order = order
      shoppers[index]!.orderedAt = now
      if !plan.terms.abandons(shopper.user) {
        goOn(index, .pay, now)
      } else if plan.terms.cancels(shopper.user) {
        goOn(index, .cancel, now)
      } else {
        goHome(index, now)
      }
      return .reserved
    case 410 where answer.isError && answer.code == .soldOut:
      shopper.turn.demand.isSoldOut(plan.terms.sku(of: shopper.user), at: now)
      goHome(index, now)
      return .goodsGone
    default: return wrong(response, index, now)
    }
  }

  private func judgePayment(_ response: Response, _ index: Int, _ now: UInt64) -> ShopperOutcome {
    let shopper = shoppers[index]!
    let answer = PaymentAnswer(of: response.body)
    switch response.status {
    case 200 where answer.isPayment && answer.order == shopper.order:
      let made = PaymentMade(
        payment: answer.payment!, paidAt: answer.paidAt!, balanceAfter: answer.balanceAfter!)
      return took(made, isReplay: response.isReplayed, response, index, now)
    case 409 where answer.isError("ORDER_STATE_CONFLICT") && hasLapsed(shopper, now),
      410 where answer.isError("EXPIRED") && hasLapsed(shopper, now):
      goHome(index, now)
      return .tooLate
    default: return wrong(response, index, now)
    }
  }

  private func took(
    _ made: PaymentMade, isReplay: Bool, _ response: Response, _ index: Int, _ now: UInt64
  ) -> ShopperOutcome {
    let shopper = shoppers[index]!
    if let known = shopper.payment {
      guard known == made, isReplay else { return wrong(response, index, now) }
      goHome(index, now)
      return .paidAgain
    }
    guard !isReplay || shopper.failures > 0 else { return wrong(response, index, now) }
    shoppers[index]!.payment = made
    shopper.turn.payments.append(
      AcknowledgedPayment(buyer: shopper.user, order: shopper.order!, made: made))
    purchases.record(nanoseconds: now - shopper.cameAt)
    if plan.terms.repeats(shopper.user) {
      goOn(index, .payAgain, now)
    } else {
      goHome(index, now)
    }
    return .paid
  }

  private func judgeCancellation(
    _ response: Response, _ index: Int, _ now: UInt64
  ) -> ShopperOutcome {
    let shopper = shoppers[index]!
    let answer = OrderAnswer(of: response.body)
    switch response.status {
    case 200 where answer.isWhole && answer.status == .cancelled && answer.order == shopper.order:
      goHome(index, now)
      return .cancelled
    default: return wrong(response, index, now)
    }
  }

  /// Whether the order's time to be paid is over, or nearly so.
  private func hasLapsed(_ shopper: Shopper, _ now: UInt64) -> Bool {
    now - shopper.orderedAt + 1_000_000_000 > UInt64(plan.terms.reservationSeconds) * 1_000_000_000
  }
}
