internal import Domain
internal import Redis

/// A batch of claims laid out as the claim script wants it: by campaign, in order of arrival.
struct ClaimBatch: CellBatch {
  static var script: CatalogedScript { ScriptCatalog.claim }

  private struct Group {
    let campaign: HotCampaign
    var operations: [Int]
    var detailed = false
    /// The number of the rate key that all share, 0 while there is none.
    var sharedRate = 0
  }

  /// All operations; the script answers them in ``order``.
  let operations: [ClaimOperation]
  private var groups: [Group] = []
  private var extraKeys: [[UInt8]] = []
  /// Per operation: numbers of its idempotency and rate key, 0 for none. Empty when none has any.
  private var extras: [(idempotency: Int, rate: Int)] = []

  init(_ operations: [ClaimOperation]) {
    self.operations = operations
    for index in operations.indices { place(index) }
  }

  private mutating func place(_ index: Int) {
    let operation = operations[index]
    let group: Int
    // In a flash sale nearly every batch has one campaign, so the last group is the likely one.
    if let last = groups.indices.last, groups[last].campaign === operation.campaign {
      group = last
    } else if let found = groups.firstIndex(where: { $0.campaign === operation.campaign }) {
      group = found
    } else {
      groups.append(Group(campaign: operation.campaign, operations: []))
      groups[groups.count - 1].operations.reserveCapacity(operations.count)
      group = groups.count - 1
    }
    groups[group].operations.append(index)
    guard operation.isDetailed else { return }
    groups[group].detailed = true
    if extras.isEmpty { extras = Array(repeating: (0, 0), count: operations.count) }
    if let idempotency = operation.idempotency {
      extraKeys.append(operation.campaign.idempotencyKey(digest: idempotency.digest))
      extras[index].idempotency = extraKeys.count
    }
    if groups[group].sharedRate > 0 {
      extras[index].rate = groups[group].sharedRate
    } else if let key = operation.campaign.rateKey(user: operation.user) {
      extraKeys.append(key)
      extras[index].rate = extraKeys.count
      if operation.campaign.rateScope != .user { groups[group].sharedRate = extraKeys.count }
    }
  }

  /// The operations as the script answers them.
  var order: [Int] {
    groups.count == 1 ? Array(operations.indices) : groups.flatMap(\.operations)
  }

  var keyCount: Int { 2 + 2 * groups.count + extraKeys.count }

  var argumentCount: Int {
    groups.reduce(3) { $0 + 2 + $1.operations.count * ($1.detailed ? 5 : 1) }
  }

  func writeKeys(_ keys: CellKeys, into writer: inout RedisCommandWriter) {
    writer.argument(keys.lease)
    writer.argument(keys.stream)
    for group in groups {
      writer.argument(group.campaign.campaignKey)
      writer.argument(group.campaign.holdersKey)
    }
    for key in extraKeys { writer.argument(key) }
  }

  func writeArguments(lease: [UInt8], streamLimit: Int, into writer: inout RedisCommandWriter) {
    writer.argument(lease)
    writer.argument(streamLimit)
    writer.argument(groups.count)
    for group in groups {
      writer.argument(group.operations.count)
      writer.argument(group.detailed ? 1 : 0)
      for index in group.operations {
        let operation = operations[index]
        writer.argument(operation.user)
        guard group.detailed else { continue }
        let extra = extras.isEmpty ? (idempotency: 0, rate: 0) : extras[index]
        writer.argument(extra.idempotency)
        writer.argument(operation.idempotency?.fingerprint ?? "-")
        writer.argument(extra.rate)
        writer.argument(operation.isEligible ? 1 : 0)
      }
    }
  }

  func deliver(_ decisions: CellDecisions) {
    var decisions = decisions
    for index in order {
      let operation = operations[index]
      guard let decision = decisions.nextClaim() else {
        operation.ended(.unavailable(.failed))
        continue
      }
      let rate = decisions.allowance()
      if decisions.isAtRisk, decision.isCoupon, operation.needsReplicas {
        operation.failed(.notReplicated)
        continue
      }
      operation.ended(.decided(decision, position: decisions.position, rate: rate))
    }
  }
}
