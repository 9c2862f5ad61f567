internal import Domain
internal import EventLoop
internal import Services

/// What visitors make of the answers they get.
extension RoomCrowd {
  /// Looks into an answer, and has the visitor go on.
  func judge(
    _ response: Response, _ request: ConnectionPool.Request, now: UInt64
  ) -> RoomOutcome {
    let visitor = request.asker
    let answer = TicketAnswer(of: response.body)
    let awayFor = now - min(now, visitors[visitor].seenAt)
    switch (response.status, visitors[visitor].step) {
    case (503, _) where answer.isError("INTERNAL_RETRYABLE"),
      (429, _) where answer.isError("RATE_LIMITED"):
      guard let after = response.header("Retry-After").flatMap({ Int($0) }) else { break }
      tryAgain(visitor, after: after, now: now)
      return .unavailable
    case (201, .join) where answer.isTicket:
      return took(answer, response, request, now)
    case (201, .reload) where answer.isTicket, (200, .poll) where answer.isTicket,
      (200, .comeBack) where answer.isTicket:
      return saw(answer, request, now)
    case (200, .lookBack) where answer.isTicket && visitors[visitor].failures < 3:
      // Its clock may be a little ahead of the server's.
      visitors[visitor].failures += 1
      plan(visitor, .lookBack, at: now + UInt64(Self.lookBackDelay) * 1_000_000)
      return .admitted
    case (410, .lookBack) where answer.isError("EXPIRED"):
      conclude(visitor)
      return .lapsed
    case (410, .poll) where answer.isError("EXPIRED") && mayLapse(visitor, after: awayFor),
      (410, .comeBack) where answer.isError("EXPIRED") && mayLapse(visitor, after: awayFor):
      return lost(visitor, now)
    case (204, .leave), (204, .depart):
      conclude(visitor)
      return .left
    default: break
    }
    record.note(
      "\(visitors[visitor].step), away for \(awayFor / 1_000_000) ms: "
        + "\(response.status) with \(response.bodyText.prefix(300))")
    conclude(visitor)
    return .wrong
  }

  /// A ticket lives for the grace at least; a little less is forgiven for the way of the request.
  ///
  /// Who was away for longer may be told to wait by each loop of each node that has not heard yet that
  /// the ticket has lapsed: each hears of it at the first poll that it gets.
  private func mayLapse(_ visitor: Int, after nanoseconds: UInt64) -> Bool {
    let grace = UInt64(options.graceSeconds) * 1_000_000_000
    let since = visitors[visitor].doubtfulSince
    return nanoseconds > grace / 10 * 9 || since > 0 && EventLoop.nanoseconds() - since < grace
  }

  private func lost(_ visitor: Int, _ now: UInt64) -> RoomOutcome {
    lapsed += 1
    returned += 1
    visitors[visitor].ticket = []
    visitors[visitor].askedAt = 0
    visitors[visitor].waitedAt = 0
    visitors[visitor].position = nil
    plan(visitor, .join, at: now)
    return .lapsed
  }

  // MARK: Tickets

  private func took(
    _ answer: TicketAnswer, _ response: Response?, _ request: ConnectionPool.Request,
    _ now: UInt64
  ) -> RoomOutcome {
    let visitor = request.asker
    visitors[visitor].doubtfulSince = 0
    record.gave(answer.number ?? 0)
    if let cookie = response?.header("Set-Cookie") {
      visitors[visitor].cookie = Array(cookie.utf8.prefix { $0 != UInt8(ascii: ";") })
    }
    visitors[visitor].ticket = answer.ticket
    visitors[visitor].number = answer.number ?? 0
    visitors[visitor].joinedAt = now
    goOn(answer, request, now)
    return .joined
  }

  private func saw(
    _ answer: TicketAnswer, _ request: ConnectionPool.Request, _ now: UInt64
  ) -> RoomOutcome {
    let visitor = request.asker
    let old = visitors[visitor]
    let awayFor = request.sent - min(request.sent, old.seenAt)
    if old.step == .reload, answer.number != old.number, mayLapse(visitor, after: awayFor) {
      lapsed += 1
      returned += 1
      visitors[visitor].position = nil
      return took(answer, nil, request, now)
    }
    guard answer.number == old.number, answer.ticket == old.ticket else {
      record.note("number \(old.number) became \(answer.number ?? 0) at a \(old.step)")
      conclude(visitor)
      return .wrong
    }
    let isReload = old.step == .reload
    goOn(answer, request, now)
    return visitors[visitor].isInside ? .admitted : isReload ? .kept : .waiting
  }

  private func goOn(_ answer: TicketAnswer, _ request: ConnectionPool.Request, _ now: UInt64) {
    let visitor = request.asker
    if visitors[visitor].step == .comeBack,
      mayLapse(visitor, after: request.sent - min(request.sent, visitors[visitor].seenAt))
    {
      visitors[visitor].doubtfulSince = now
    }
    visitors[visitor].seenAt = request.sent
    switch answer.status {
    case .admitted: enter(visitor, until: answer.admittedUntil ?? .earliest, request, now)
    case .waiting:
      record.moved(
        visitors[visitor].number, from: visitors[visitor].position, to: answer.position)
      record.waits(visitors[visitor].number, asked: request.sent)
      visitors[visitor].waitedAt = request.sent
      visitors[visitor].position = answer.position ?? visitors[visitor].position
      wait(visitor, pollAfter: answer.pollAfter ?? 1000, now)
    case nil: preconditionFailure("a ticket has a status")
    }
  }

  private func enter(
    _ visitor: Int, until: Instant, _ request: ConnectionPool.Request, _ now: UInt64
  ) {
    waits.record(nanoseconds: now - visitors[visitor].joinedAt)
    let left = until.milliseconds - WallClock.system.now().milliseconds
    let longest = Int64(options.sessionSeconds) * 1000
    // It was valid when the question was sent, however late the answer is read.
    let late = Int64((now - request.sent) / 1_000_000)
    if left + late < -1000 || left > longest + 1000 {
      record.note("an admission of \(longest) ms that ends in \(left) ms")
    }
    guard left > 0 else { return plan(visitor, .lookBack, at: now) }
    visitors[visitor].isInside = true
    record.entered(
      visitors[visitor].number, at: now, joined: visitors[visitor].askedAt,
      waited: visitors[visitor].waitedAt)
    if let inside = visitors[visitor].plan.inside, Int64(inside) < left {
      plan(visitor, .depart, at: now + UInt64(inside) * 1_000_000)
    } else {
      plan(visitor, .outlast, at: now + UInt64(max(0, left - 100)) * 1_000_000)
    }
  }

  // MARK: Waiting

  private func wait(_ visitor: Int, pollAfter: Int, _ now: UInt64) {
    // As the visitor's page does: a little later than asked.
    let delay = pollAfter + Int.random(in: 0...pollAfter / 10, using: &numbers)
    let next = now + UInt64(delay) * 1_000_000
    let joinedAt = visitors[visitor].joinedAt
    switch visitors[visitor].plan.patience {
    case .leaves(let after) where joinedAt + UInt64(after) * 1_000_000 <= next:
      plan(visitor, .leave, at: max(now, joinedAt + UInt64(after) * 1_000_000))
    case .fallsSilent(let after, let comesBack)
    where visitors[visitor].failures == 0 && joinedAt + UInt64(after) * 1_000_000 <= next
      && !visitors[visitor].wasSilent:
      fallSilent(visitor, comesBack: comesBack, now)
    default:
      plan(visitor, numbers.chance(visitors[visitor].plan.reload) ? .reload : .poll, at: next)
    }
  }

  private func fallSilent(_ visitor: Int, comesBack: Bool, _ now: UInt64) {
    visitors[visitor].wasSilent = true
    guard comesBack else {
      lapsed += 1
      return conclude(visitor)
    }
    let grace = options.graceSeconds * 1000
    let away = Int.random(in: grace / 2...grace * 2, using: &numbers)
    plan(visitor, .comeBack, at: now + UInt64(away) * 1_000_000)
  }
}
