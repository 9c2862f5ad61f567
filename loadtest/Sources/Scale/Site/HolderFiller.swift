internal import Domain
internal import EventLoop
internal import HotPath
internal import Redis

/// Gives many users a coupon of a campaign by the product's own script, in its largest batches, without
/// HTTP. The reconciler writes them to the ledger meanwhile as ever. Loop-confined.
final class HolderFiller {
  /// Claims that wait for their decision at a time.
  private static let window = 8_192
  /// What a full stream is left alone for.
  private static let pause = Duration.milliseconds(20)
  private static let leaseLimit = Duration.seconds(30)

  private let loop: EventLoop
  private let lease: CellLease
  private let path: ClaimPath
  private let campaign: HotCampaign
  /// The number of the next user.
  private var next = 0
  private var end = 0
  private var waiting = 0
  private var again: [Int] = []
  private var problem: String?

  init(_ site: ScaleSite, _ campaign: ScaleCampaign) {
    loop = site.loop
    let keys = campaign.tenant.keys
    let client = site.router.client(for: keys.lease)
    lease = CellLease(keys: keys, client: client)
    var limits = ClaimPath.Limits()
    limits.callTimeout = .seconds(10)
    path = ClaimPath(client: client, lease: lease, limits: limits)
    self.campaign = HotCampaign(id: campaign.id, version: 1, keys: keys, ratePolicy: nil)
    lease.start()
  }

  func close() { lease.end() }

  /// How many users hold a coupon by this.
  var count: Int { end }

  /// Goes on until so many users hold a coupon.
  ///
  /// - Throws: `ScenarioError` when the cell decides something else.
  func fill(to count: Int) async throws(ScenarioError) {
    guard count > end else { return }
    end = count
    guard await loop.poll(within: Self.leaseLimit, { lease.isOpen }) else {
      throw ScenarioError("the cell is closed")
    }
    while next < end || waiting > 0 || !again.isEmpty {
      while waiting < Self.window, let number = again.popLast() ?? nextNumber() { claim(number) }
      await loop.sleep(for: again.isEmpty ? .milliseconds(1) : Self.pause)
      if let problem { throw ScenarioError("filling a campaign: \(problem)") }
    }
  }

  private func nextNumber() -> Int? {
    guard next < end else { return nil }
    next += 1
    return next
  }

  private func claim(_ number: Int) {
    waiting += 1
    path.submit(
      Claim(campaign, user: "H\(number)") { [unowned self] outcome in
        waiting -= 1
        switch outcome {
        case .decided(let decision, _, _) where decision.isCoupon: break
        case .unavailable: again.append(number)
        case .decided(let decision, _, _): problem = "\(decision)"
        }
      })
  }

  private final class Claim: ClaimOperation {
    private let done: (HotPath.ClaimOutcome) -> Void

    init(_ campaign: HotCampaign, user: String, done: @escaping (HotPath.ClaimOutcome) -> Void) {
      self.done = done
      super.init(campaign: campaign, user: user, idempotency: nil, isEligible: true)
    }

    override func ended(_ outcome: HotPath.ClaimOutcome) { done(outcome) }
  }
}
