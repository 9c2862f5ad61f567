import Domain
import EventLoop
import HotPath
import Redis
import TestSupport

/// A node's way of claims into a cell that waits for a replica, with a connection of its own.
/// Loop-confined.
final class ConfirmedWindow {
  /// Users who were told that they hold a coupon.
  private(set) var granted: Set<String> = []
  /// Users who were told that they do not know, and why.
  private(set) var refused: [String: Unavailability] = [:]

  private let bench: SaleBench
  private let router: RedisRouter
  private let lease: CellLease
  private let path: ClaimPath
  private let campaign: HotCampaign
  private var pending = 0

  init(_ bench: SaleBench, _ campaign: Campaign, timeout: Duration) {
    self.bench = bench
    router = RedisRouter(configuration: bench.configuration.redis, loop: bench.loop)
    let client = router.client(for: bench.keys.lease)
    let lease = CellLease(keys: bench.keys, client: client)
    self.lease = lease
    var limits = ClaimPath.Limits()
    limits.replicaWait = ReplicaWait(replicas: 1, timeout: timeout)
    path = ClaimPath(client: client, lease: lease, limits: limits)
    self.campaign = HotCampaign(
      id: campaign.id, version: campaign.version, keys: bench.keys, ratePolicy: nil)
    router.onChange = { _ in lease.connectionChanged() }
    router.start()
    lease.start()
  }

  func close() {
    lease.end()
    router.close()
  }

  func claim(_ user: String) {
    pending += 1
    bench.loop.spawn { [self] in
      while !lease.isOpen { await bench.loop.sleep(for: .milliseconds(2)) }
      path.submit(
        Claim(campaign: campaign, user: user) { [self] outcome in
          pending -= 1
          switch outcome {
          case .decided(let decision, _, _) where decision.isCoupon:
            granted.insert(user)
            refused[user] = nil
          case .unavailable(let reason): refused[user] = reason
          case .decided: break
          }
        })
    }
  }

  func untilAnswered() async throws {
    try await eventually(within: .seconds(20), "the claims are answered") { pending == 0 }
  }

  private final class Claim: ClaimOperation {
    private let done: (ClaimOutcome) -> Void

    init(campaign: HotCampaign, user: String, done: @escaping (ClaimOutcome) -> Void) {
      self.done = done
      super.init(campaign: campaign, user: user, idempotency: nil, isEligible: true)
    }

    override func ended(_ outcome: ClaimOutcome) { done(outcome) }
  }
}
