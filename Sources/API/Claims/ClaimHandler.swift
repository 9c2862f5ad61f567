internal import Domain
internal import HTTP
internal import HotPath
internal import Services

/// Answers `POST /v1/campaigns/{id}/coupons` on one loop.
///
/// Called and answered without tasks, and without text where there is no idempotency key: this is
/// the path that a crowd takes.
final class ClaimHandler {
  static let endpoint = "POST /v1/campaigns/{id}/coupons"

  private let node: Node
  private let names = IdempotencyNames()

  init(node: Node) { self.node = node }

  func handle(_ request: HotRequest) {
    guard let id = Identifier(text: request.exchange.parameter(0)) else {
      return request.refuse(.notFound)
    }
    switch node.campaignDirectory.find(id, of: request.tenant.id) {
    case .known(let entry): pass(entry, request)
    case .absent: request.refuse(.notFound)
    case .unread: load(id, request)
    }
  }

  private func load(_ id: Identifier, _ request: HotRequest) {
    node.loop.spawn { [self] in
      do {
        guard let entry = try await node.campaignDirectory.load(id, of: request.tenant.id) else {
          return request.refuse(.notFound)
        }
        pass(entry, request)
      } catch {
        request.refuse(.internalRetryable)
      }
    }
  }

  @inline(__always)
  private func pass(_ entry: CampaignEntry, _ request: HotRequest) {
    guard entry.campaign.room != nil else { return claim(entry, request) }
    request.pass(entry.campaign.room, node.admission) { [self] in
      claim(entry, request)
    } ended: { [self] in
      repeatClaim(entry, request)
    }
  }

  /// Refuses a claim whose admission has ended, unless one of the user's was granted before.
  private func repeatClaim(_ entry: CampaignEntry, _ request: HotRequest) {
    guard request.exchange.isPending else { return }
    let user = request.principal.user
    if node.claims.isSoldOut(entry, for: user, isClaim: false) {
      return request.refuse(.admissionRequired)
    }
    node.loop.spawn { [self] in
      switch await node.claims.hasGranted(entry, to: user) {
      case true?: submit(entry, request, isEligible: false, isAdmitted: false)
      case false?: request.refuse(.admissionRequired)
      case nil: request.refuse(.internalRetryable)
      }
    }
  }

  private func claim(_ entry: CampaignEntry, _ request: HotRequest) {
    let principal = request.principal
    if node.claims.isSoldOut(entry, for: principal.user) { return request.refuse(.soldOut) }
    let isEligible =
      entry.campaign.eligibility.markets.isEmpty
      || entry.campaign.eligibility.admits(
        market: principal.market ?? request.tenant.defaultMarket)
    submit(entry, request, isEligible: isEligible, isAdmitted: true)
  }

  /// Asks the cell; one that is not eligible is told what was granted before, and granted nothing.
  @inline(__always)
  private func submit(
    _ entry: CampaignEntry, _ request: HotRequest, isEligible: Bool, isAdmitted: Bool
  ) {
    let user = request.principal.user.description
    let idempotency = request.idempotencyKey.map {
      ClaimOperation.Idempotency(
        names.identity(of: $0, by: user, endpoint: Self.endpoint) { scope in
          scope.append(request.tenant.id.description)
        } request: { canonical in
          // The campaign is all that can differ.
          entry.campaign.id.binary.withUnsafeBytes { canonical.append($0) }
        })
    }
    let claim = PendingClaim(
      request: request, entry: entry, service: node.claims, idempotency: idempotency,
      isEligible: isEligible, isAdmitted: isAdmitted)
    claim.start()
  }
}
