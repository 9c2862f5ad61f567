internal import Domain
internal import Redis

/// Something that a cell is asked for. Loop-confined.
protocol CellOperation: AnyObject {
  /// False once nobody wants it any more: it is then not sent.
  var isWaiting: Bool { get }
  /// Told instead of a decision.
  func failed(_ reason: Unavailability)
}

/// Operations of one cell, laid out as the script that decides them wants it.
protocol CellBatch {
  associatedtype Operation: CellOperation

  static var script: CatalogedScript { get }

  init(_ operations: [Operation])

  var operations: [Operation] { get }
  var keyCount: Int { get }
  var argumentCount: Int { get }

  func writeKeys(_ keys: CellKeys, into writer: inout RedisCommandWriter)
  func writeArguments(lease: [UInt8], streamLimit: Int, into writer: inout RedisCommandWriter)

  /// Tells every operation what was decided about it.
  func deliver(_ decisions: CellDecisions)
}
