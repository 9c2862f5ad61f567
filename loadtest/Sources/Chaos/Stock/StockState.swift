internal import Domain

/// A row of the ledger's movements.
struct RecordedMovement: Sendable, Equatable {
  let movement: Identifier
  let kind: String
  let sku: String
  /// Pieces: above 0 they came in, below 0 they were to go out.
  let wanted: Int
  /// Pieces that did, without a sign; nil while that is not known.
  let moved: Int?
}

/// What the ledger and Redis hold of the open stock that operators adjusted in a round.
struct StockState: Sendable {
  /// By the reason, which names the adjustment.
  var movements: [String: [RecordedMovement]] = [:]
  /// The accounts of open stock, by the name of the SKU.
  var levels: [String: StockLevel] = [:]
  var levelsInRedis: [String: StockLevel] = [:]
}
