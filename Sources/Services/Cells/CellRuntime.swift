internal import Domain
internal import EventLoop
public import HotPath
public import Redis
internal import Telemetry

/// What one loop keeps of a cell: its lease, the ways of claims and orders into it, and how far the
/// ledger is.
/// Loop-confined.
public final class CellRuntime {
  public let keys: CellKeys
  /// Leads to the server that answers for the cell now.
  public let client: RedisClient
  public let lease: CellLease
  public let claims: ClaimPath
  public let orders: ReservePath
  public let ledger: LedgerProgress
  /// What policies of campaigns and sales refused, of all cells of the loop.
  let refusals: ResourceRefusals
  /// Campaigns of this cell that the loop knows, to be told about signals.
  var campaigns: [Identifier: CampaignEntry] = [:]
  /// Sales of this cell that the loop knows, to be told about signals.
  var sales: [Identifier: SaleEntry] = [:]
  /// Told of each campaign that a signal names.
  var onCampaign: ((Identifier) -> Void)?
  /// Told of each sale that a signal names.
  var onSale: ((Identifier) -> Void)?

  init(
    cell: CellName, redis: RedisRouter, limits: ClaimPath.Limits, ledger: LedgerProgress,
    batchSizes: BatchSizes, refusals: ResourceRefusals
  ) {
    self.refusals = refusals
    keys = CellKeys(cell)
    client = redis.client(for: keys.lease)
    lease = CellLease(keys: keys, client: client)
    claims = ClaimPath(client: client, lease: lease, limits: limits, batchSizes: batchSizes.claims)
    orders = ReservePath(
      client: client, lease: lease, limits: limits, batchSizes: batchSizes.orders)
    self.ledger = ledger
    ledger.openEpoch = { [weak lease] in lease?.epoch }
    lease.onChange = { [weak self] in
      // A cell that was closed may have been rebuilt with coupons to spare.
      self?.campaigns.values.forEach { $0.hot.soldOut.forget() }
      // And one that lost its server counts anew.
      refusals.forgetAll()
    }
  }

  /// Takes a message of the cell's channel: a word and its subject.
  func took(signal: UnsafeRawBufferPointer) {
    let parts = String(decoding: signal, as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { return }
    switch parts[0] {
    case "cursor":
      let words = parts[1].split(separator: " ")
      if words.count == 2, let position = StreamPosition(words[0]), let epoch = Int(words[1]) {
        ledger.reached(LedgerProgress.Point(epoch: epoch, position: position))
      }
    case "opened": lease.read()
    case "campaign":
      if let id = Identifier(String(parts[1])) {
        campaigns[id]?.invalidate()
        onCampaign?(id)
      }
    case "sale":
      if let id = Identifier(String(parts[1])) {
        sales[id]?.invalidate()
        onSale?(id)
      }
    default: break
    }
  }

  /// Signals may have been missed.
  func lostSignals() {
    lease.read()
    for campaign in campaigns.values { campaign.invalidate() }
    for sale in sales.values { sale.invalidate() }
  }
}

/// How many operations one call decides, counted.
struct BatchSizes {
  let claims: Histogram
  let orders: Histogram

  init(metrics: MetricsRegistry) {
    claims = metrics.histogram(
      "spillway_claim_batch_size", "Claims decided by one call of the claim script.",
      buckets: .sizes)
    orders = metrics.histogram(
      "spillway_order_batch_size", "Orders decided by one call of the reserve script.",
      buckets: .sizes)
  }
}
