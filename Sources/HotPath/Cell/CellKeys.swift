public import Domain

/// The names of a cell's keys. All carry the cell as their hash tag, so that they share one slot.
public struct CellKeys: Sendable {
  public let cell: CellName
  public let lease: [UInt8]
  public let stream: [UInt8]
  public let rebuild: [UInt8]
  public let trimmed: [UInt8]
  /// Present while the cell's campaigns and holders are all there.
  public let complete: [UInt8]
  /// Where changes of the cell are told: not a key, but named like one.
  public let channel: [UInt8]
  private let prefix: String

  public init(_ cell: CellName) {
    self.cell = cell
    prefix = "spillway:{\(cell.text)}:"
    lease = Array("\(prefix)lease".utf8)
    stream = Array("\(prefix)stream".utf8)
    rebuild = Array("\(prefix)rebuild".utf8)
    trimmed = Array("\(prefix)trimmed".utf8)
    complete = Array("\(prefix)complete".utf8)
    channel = Array("\(prefix)signal".utf8)
  }

  public func campaign(_ id: Identifier) -> [UInt8] { Array("\(prefix)campaign:\(id)".utf8) }

  public func holders(_ id: Identifier) -> [UInt8] { Array("\(prefix)holders:\(id)".utf8) }

  public func idempotency(digest: String) -> [UInt8] {
    Array("\(prefix)idempotency:\(digest)".utf8)
  }

  /// How the keys of all campaigns, of all holders, or of all idempotency records begin.
  public var prefixes: (campaigns: [UInt8], holders: [UInt8], records: [UInt8]) {
    (
      Array("\(prefix)campaign:".utf8), Array("\(prefix)holders:".utf8), idempotency(digest: "")
    )
  }

  /// Where the arrival time of a campaign's rate policy is kept, for all or for one user.
  public func rate(_ id: Identifier, user: String?) -> [UInt8] {
    Array("\(prefix)rate:\(id)\(user.map { ":\($0)" } ?? "")".utf8)
  }
}
