internal import Domain
internal import Ledger

/// A row of the ledger's orders.
struct RecordedOrder: Sendable, Equatable {
  let order: Identifier
  let user: String
  let status: OrderStatus
  /// Minor units, without and with what is taken off or added.
  let subtotal: Int
  let total: Int
  /// Pieces by the name of the SKU.
  let lines: [String: Int]
  let reason: String?
  /// Milliseconds since 1970, by the ledger's clock but for the deadline, which is the cell's.
  let reservedUntil: Int
  let paidAt: Int?
  let cancelledAt: Int?

  var pieces: Int { lines.values.reduce(0, +) }

  /// It was paid, whatever happened then.
  var wasPaid: Bool { paidAt != nil }

  /// It was cancelled because its time was over.
  var isExpired: Bool { reason == Ledger.OrderRecord.expired }

  /// It was paid, and cancelled all the same.
  var wasUndone: Bool { wasPaid && status == .cancelled }
}

/// Money and pieces that went back.
struct RecordedRefund: Sendable, Equatable {
  let order: Identifier
  /// Minor units.
  let amount: Int
  /// What it is called by whoever asked for it.
  let reason: String
  /// Pieces that came back, by the name of the SKU.
  let lines: [String: Int]
  /// They are on sale again.
  let isRestocked: Bool

  /// Pieces that are on sale again, by the name of the SKU.
  var restocked: [String: Int] { isRestocked ? lines : [:] }
}

/// What the ledger and Redis hold of one sale after a round.
struct SaleState: Sendable {
  var orders: [RecordedOrder] = []
  var refunds: [RecordedRefund] = []
  /// The ledger's accounts, in the order of the sale's SKUs.
  var levels: [StockLevel?] = []
  /// Redis' accounts.
  var levelsInRedis: [StockLevel?] = []
  /// The largest sum of available, reserved and sold pieces that was read of each SKU meanwhile.
  var largestSums: [Int] = []
}
