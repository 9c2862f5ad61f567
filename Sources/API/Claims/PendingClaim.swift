internal import Domain
internal import EventLoop
internal import HotPath
internal import Services

/// A claim that waits for its cell, and then perhaps for the ledger; it writes the answer.
final class PendingClaim: ClaimOperation {
  private let request: HotRequest
  private let entry: CampaignEntry
  private let service: ClaimService
  /// When the request came, where a rate policy holds it.
  private let rateMark: ResourceRate.Mark?
  private let isAdmitted: Bool

  /// - Parameter isAdmitted: false for a user whose admission to the campaign's room has ended, and who is not eligible for that.
  init(
    request: HotRequest, entry: CampaignEntry, service: ClaimService, idempotency: Idempotency?,
    isEligible: Bool, isAdmitted: Bool
  ) {
    self.request = request
    self.entry = entry
    self.service = service
    rateMark = entry.rate?.mark(at: request.exchange.startedAt)
    self.isAdmitted = isAdmitted
    super.init(
      campaign: entry.hot, user: request.principal.user.description, idempotency: idempotency,
      isEligible: isEligible)
  }

  override var isWaiting: Bool { request.exchange.isPending }

  override var needsReplicas: Bool { entry.campaign.acknowledgement == .hot }

  /// Refuses the claim from memory, or has its cell decide.
  @inline(__always)
  func start() {
    if let known = service.knownRefusal(entry, user) {
      tell(known.allowance, isRefused: true)
      refuse(.rateLimited(retryAfterMilliseconds: known.milliseconds))
    } else {
      service.claim(entry, self)
    }
  }

  override func ended(_ outcome: ClaimOutcome) {
    if case .decided(let decision, _, let rate?) = outcome {
      if case .rateLimited(let wait) = decision {
        if let rateMark { entry.rate?.refused(user, waitMilliseconds: wait, since: rateMark) }
        tell(rate, isRefused: true)
      } else {
        tell(rate, isRefused: false)
      }
    }
    switch outcome {
    case .decided(.granted(let coupon), let position, _):
      service.issued(entry)
      acknowledge(coupon, status: 201, isReplay: false, position)
    case .decided(.held(let coupon), let position, _):
      acknowledge(coupon, status: 200, isReplay: true, position)
    case .decided(.replayed, _, _) where entry.campaign.recalledAt != nil: refuseClosed()
    case .decided(.replayed(let coupon), let position, _):
      acknowledge(coupon, status: 201, isReplay: true, position)
    case .decided(let refusal, _, _):
      refuse(refusal)
    case .unavailable:
      request.refuse(.internalRetryable)
    }
  }

  private func tell(_ allowance: RateAllowance, isRefused: Bool) {
    if let rate = entry.rate { request.tell(allowance, of: rate, isRefused: isRefused) }
  }

  private func refuse(_ decision: ClaimDecision) {
    switch decision {
    case .soldOut(let version):
      service.soldOut(entry, version: version)
      request.refuse(.soldOut)
    case .notOpen(let instant):
      request.refuse(
        .notOpen,
        details: { output in
          output.append(#"{"opens_at":""#)
          output.append(instant)
          output.append(#""}"#)
        })
    case .closed: refuseClosed()
    case .takenBack: request.refuse(.expired, details: { $0.append(#"{"reason":"recalled"}"#) })
    case .notEligible: request.refuse(isAdmitted ? .notEligible : .admissionRequired)
    case .keyReused: request.refuse(.idempotencyKeyReuse)
    case .rateLimited(let wait):
      request.refuse(.rateLimited, retryAfter: max(1, (wait + 999) / 1000))
    // The ledger knows the campaign: its cell is about to.
    case .unknownCampaign: request.refuse(.internalRetryable)
    case .granted, .held, .replayed: preconditionFailure("a coupon is no refusal")
    }
  }

  /// A campaign that was recalled says so: whoever holds a coupon of it has nothing.
  private func refuseClosed() {
    guard entry.campaign.recalledAt != nil else { return request.refuse(.closed) }
    request.refuse(.closed, details: { $0.append(#"{"reason":"recalled"}"#) })
  }

  private func acknowledge(
    _ coupon: IssuedCoupon, status: Int, isReplay: Bool, _ position: StreamPosition?
  ) {
    guard entry.campaign.acknowledgement == .ledger, let position else {
      return respond(coupon, status: status, isReplay: isReplay)
    }
    let isTaken = entry.cell.ledger.whenReached(position) { [self] in
      respond(coupon, status: status, isReplay: isReplay)
    }
    if !isTaken { request.refuse(.internalRetryable) }
  }

  private func respond(_ coupon: IssuedCoupon, status: Int, isReplay: Bool) {
    // Read one by one: the whole of it would be copied, with what it refers to.
    let (id, expiresAt) = (entry.campaign.id, entry.campaign.expiresAt)
    let acknowledgement = entry.campaign.acknowledgement
    request.respond(
      status: status,
      headers: { output in
        if isReplay { output.append("Idempotent-Replayed: true\r\n") }
      },
      data: { output in
        output.append(#"{"coupon_id":""#)
        output.append(
          CouponIdentity.identifier(
            campaign: id, sequence: coupon.sequence, issuedAt: coupon.issuedAt))
        output.append(#"","campaign_id":""#)
        output.append(id)
        output.append(#"","sequence":"#)
        output.append(decimal: coupon.sequence)
        output.append(#","status":"ISSUED","issued_at":""#)
        output.append(coupon.issuedAt)
        output.append(#"","expires_at":"#)
        if let expiresAt {
          output.append("\"")
          output.append(expiresAt)
          output.append("\"")
        } else {
          output.append("null")
        }
        switch acknowledgement {
        case .hot: output.append(#","acknowledged":"hot"}"#)
        case .ledger: output.append(#","acknowledged":"ledger"}"#)
        }
      })
  }
}

extension ByteBuffer {
  /// Appends an instant as RFC 3339 text in UTC.
  func append(_ instant: Instant) {
    appendUninitialized(Instant.textCount) { space in
      instant.writeText(to: space.baseAddress!)
      return Instant.textCount
    }
  }
}
