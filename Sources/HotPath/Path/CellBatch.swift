internal import Domain
internal import Redis

/// Operations of one cell, laid out as the script that decides them wants it.
protocol CellBatch {
  associatedtype Operation: BatchedOperation

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
