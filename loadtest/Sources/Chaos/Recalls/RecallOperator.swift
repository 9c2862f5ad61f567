internal import Domain
internal import EventLoop

/// When a campaign was recalled, on the monotonic clock, in nanoseconds.
struct RecallRecord: Sendable, Equatable {
  /// The first attempt began; until then nobody may hear of it.
  var startedAt: UInt64?
  /// An operator was told that it is done; no coupon may be used after that.
  var acknowledgedAt: UInt64?
  /// Answers that no recall may get.
  var wrongs: [String] = []
  var attempts = 0
}

/// An operator who recalls campaigns in the middle of a round, twice at once and once more later.
/// Loop-confined.
final class RecallOperator {
  private(set) var records: [RecallRecord]
  private let installation: Installation
  private let campaigns: [ChaosCampaign]
  private let connections: ServiceConnections
  private let loop: EventLoop

  private static let retryPause = Duration.milliseconds(50)

  init(
    _ installation: Installation, campaigns: [ChaosCampaign], connections: ServiceConnections
  ) {
    self.installation = installation
    self.campaigns = campaigns
    self.connections = connections
    loop = installation.loop
    records = campaigns.map { _ in RecallRecord() }
  }

  /// Recalls each campaign when its time has come; returns once all are told to be done, or after a limit.
  func carryOut(within limit: Duration) async {
    let tasks = campaigns.indices.map { index in
      loop.spawn { [self] in
        await loop.sleep(for: campaigns[index].plan.recalledAfter ?? .zero)
        records[index].startedAt = EventLoop.nanoseconds()
        let twin = loop.spawn { [self] in _ = await attempt(index, 1) }
        await insist(index, within: limit)
        await twin.value
      }
    }
    for task in tasks { await task.value }
  }

  /// Recalls what has no answer, and all that has one once more, which changes nothing.
  func repeatAll(within limit: Duration) async {
    for index in campaigns.indices { await insist(index, within: limit) }
  }

  private func insist(_ index: Int, within limit: Duration) async {
    var process = 0
    _ = await loop.poll(within: limit, every: Self.retryPause) {
      process += 1
      return await attempt(index, process % installation.apis.count)
    }
  }

  private func attempt(_ index: Int, _ process: Int) async -> Bool {
    let campaign = campaigns[index]
    records[index].attempts += 1
    let request = ChaosRequest(
      path: "/v1/admin/campaigns/\(campaign.id)/recall", tenant: campaign.tenant,
      token: installation.token(user: "operator", of: campaign.tenant, role: .marketingManager),
      body: #"{"reason":"chaos"}"#)
    let answer = await connections.ask(
      process: process % installation.apis.count, request, judge: Self.judge)
    switch answer {
    case .done:
      let now = EventLoop.nanoseconds()
      records[index].acknowledgedAt = min(records[index].acknowledgedAt ?? .max, now)
      return true
    case .unknown: return false
    case .wrong(let text):
      records[index].wrongs.append(text)
      return true
    }
  }

  private enum Answer: Sendable {
    case done, unknown
    case wrong(String)
  }

  private static func judge(_ result: Result<Response, ClientFailure>) -> Answer {
    guard case .success(let response) = result else { return .unknown }
    switch response.status {
    case 200 where response.bodyText.contains(#""recalled_at":""#): return .done
    case 503: return .unknown
    default: return .wrong("a recall brought \(response.status): \(response.bodyText.prefix(300))")
    }
  }
}
